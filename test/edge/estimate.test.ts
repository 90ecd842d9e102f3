import { useDemo } from "../support/demo.ts";
import { estimates, HELD_POLICY } from "./estimate.ts";

estimates(useDemo({ policy: HELD_POLICY }), 18);
