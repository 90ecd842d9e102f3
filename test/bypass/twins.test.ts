import { alike } from "./alike.ts";
import { HIDDEN, useTwins } from "./twins.ts";

alike(useTwins(HIDDEN));
