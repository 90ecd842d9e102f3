import { alike } from "./alike.ts";
import { HIDDEN } from "./twins.ts";

alike(HIDDEN);
