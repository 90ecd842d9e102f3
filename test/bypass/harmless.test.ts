import { useGate } from "./gate.ts";
import { harmless } from "./harmless.ts";

harmless(useGate());
