/** The one file of core that names zod: everything else takes `z` from here. */
export { z } from "zod";
