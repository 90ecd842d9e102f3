import { concat, hex } from "../../bytes.ts";
import type { CommandId } from "../../decision.ts";
import type { Crypto } from "../../crypto.ts";
import type { CopyIn } from "./state.ts";

const BLOCK_BYTES = 65_536;
const NEWLINE = 0x0a;

/**
 * Counts and hashes what a COPY FROM STDIN carries, without keeping it: h(n) = SHA-256(h(n-1) ‖
 * block n) over blocks of 64 KiB of the data (h(0): 32 zero bytes), so that the client's cuts do
 * not matter. Rows are newlines; in the binary format, which has none, they are not counted.
 */
export function copyTally(
  command: CommandId,
  binary: boolean,
  crypto: Crypto,
  guard: CopyIn["guard"],
): CopyIn {
  const block = new Uint8Array(BLOCK_BYTES);
  let filled = 0;
  let bytes = 0;
  let rows = 0;
  let chain: Uint8Array = new Uint8Array(32);
  const seal = (): void => {
    chain = crypto.sha256(concat([chain, block.subarray(0, filled)]));
    filled = 0;
  };
  return {
    command,
    guard,
    stopped: false,
    push(data) {
      bytes += data.length;
      if (!binary) for (const byte of data) if (byte === NEWLINE) rows++;
      for (let at = 0; at < data.length;) {
        const part = data.subarray(at, at + BLOCK_BYTES - filled);
        block.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === BLOCK_BYTES) seal();
      }
    },
    fact() {
      if (filled > 0 || bytes === 0) seal();
      return { kind: "copyIn", bytes, rows, sha256: hex(chain) };
    },
  };
}
