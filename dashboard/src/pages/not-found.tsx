import { Link } from "@tanstack/react-router";
import { Empty } from "../parts/states.tsx";

export const NotFound = () => (
  <>
    <h1 className="sr-only">Not found</h1>
    <Empty title="There is no such page.">
      <Link to="/" className="link">
        Go to the start
      </Link>
    </Empty>
  </>
);
