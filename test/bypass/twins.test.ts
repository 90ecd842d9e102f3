import { alike } from "./alike.ts";
import { useTwins } from "./twins.ts";

alike(useTwins());
