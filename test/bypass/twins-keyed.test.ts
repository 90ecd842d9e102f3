import { alike, WAYS } from "./alike.ts";
import { KEYED } from "./twins.ts";

const { simple, binary } = WAYS;

alike(KEYED, {}, { simple, binary });
