import { SignIns } from "../parts/sign-ins.tsx";
import { useSignedIn } from "../queries.ts";

/** One's own: what is not known there can be ended. */
export function SignInsPage() {
  const { id } = useSignedIn();
  return (
    <div className="grid gap-4">
      <h1 className="text-xl font-bold">My sign-ins</h1>
      <p>Revoke what you do not know. Whatever was opened with it ends within a second.</p>
      <SignIns id={id} mayRevoke />
    </div>
  );
}
