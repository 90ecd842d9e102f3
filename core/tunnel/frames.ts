import { EMPTY, putU32, strictText, u32, utf8 } from "../bytes.ts";
import { tunnelAckBytes, tunnelFrameBytesMax, tunnelWindowBytes } from "../limits.ts";

/*
 * The frames between CLI and worker (docs/tunnel.md): one binary WebSocket message is one frame,
 * `u8 type · payload`, integers big-endian. WebSocket already keeps order and boundaries, so a
 * frame has neither length nor number.
 */

/** RFC 6455 section 1.9. The worker echoes it; another version is another name. */
export const SUBPROTOCOL = "sluice.tunnel.1";

/** Payload of one data frame: the type byte counts towards the frame's bound. */
export const dataBytesMax = tunnelFrameBytesMax - 1;

export type Frame =
  | { readonly is: "data"; readonly bytes: Uint8Array }
  /** How many bytes of data, in all since the opening, the receiver has passed on. */
  | { readonly is: "ack"; readonly total: number }
  /** No more data comes from this side (a TCP FIN); the other direction goes on. */
  | { readonly is: "end" }
  | { readonly is: "close"; readonly code: string; readonly message: string }
  | { readonly is: "ping" }
  | { readonly is: "pong" }
  /**
   * The secret of the client's CancelRequest, without the process id: one tunnel is one session.
   */
  | { readonly is: "cancel"; readonly key: Uint8Array }
  /** The first frame from the gateway. `server` names it for people: "sluice 0.1.0". */
  | {
      readonly is: "opened";
      readonly session: string;
      readonly windowBytes: number;
      readonly server: string;
    };

/** The peer broke the protocol: the tunnel closes with `message`. */
export type Invalid = { readonly is: "invalid"; readonly message: string };

const TYPES = {
  data: 0,
  ack: 1,
  end: 2,
  close: 3,
  ping: 4,
  pong: 5,
  cancel: 6,
  opened: 7,
} as const;
const NAMES = Object.keys(TYPES) as readonly Frame["is"][];

/** PostgreSQL protocol 3.2; before, secrets were 4 bytes. */
const keyBytesMax = 256;

/** The caller has kept data frames within `dataBytesMax`; `dataFrames` does. */
export function encodeFrame(frame: Frame): Uint8Array {
  const payload = payloadOf(frame);
  const out = new Uint8Array(1 + payload.length);
  out[0] = TYPES[frame.is];
  out.set(payload, 1);
  return out;
}

function payloadOf(frame: Frame): Uint8Array {
  switch (frame.is) {
    case "data":
      return frame.bytes;
    case "ack":
      return u64Bytes(frame.total);
    case "cancel":
      return frame.key;
    case "close":
      return utf8(JSON.stringify({ code: frame.code, message: frame.message }));
    case "opened":
      return utf8(
        JSON.stringify({
          session: frame.session,
          windowBytes: frame.windowBytes,
          server: frame.server,
        }),
      );
    case "end":
    case "ping":
    case "pong":
      return EMPTY;
  }
}

/** Data of any length as encoded frames, each within the bound. No bytes, no frames. */
export function* dataFrames(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += dataBytesMax) {
    yield encodeFrame({ is: "data", bytes: bytes.subarray(at, at + dataBytesMax) });
  }
}

/** One WebSocket message, read. Data and cancel keys are views of `message`. Never throws. */
export function decodeFrame(message: Uint8Array | string): Frame | Invalid {
  if (typeof message === "string") return invalid("a text message; frames are binary");
  if (message.length === 0) return invalid("an empty message");
  if (message.length > tunnelFrameBytesMax) {
    return invalid(
      `a frame of ${message.length} bytes; at most ${tunnelFrameBytesMax} are allowed`,
    );
  }
  const name = NAMES[message[0] as number];
  if (name === undefined) return invalid(`a frame of unknown type ${message[0]}`);
  return decodePayload(name, message.subarray(1));
}

function decodePayload(name: Frame["is"], payload: Uint8Array): Frame | Invalid {
  switch (name) {
    case "data":
      return { is: "data", bytes: payload };
    case "ack":
      return decodeAck(payload);
    case "cancel":
      if (payload.length > 0 && payload.length <= keyBytesMax)
        return { is: "cancel", key: payload };
      return invalid(`a cancel key of ${payload.length} bytes`);
    case "close":
      return decodeClose(jsonObject(payload));
    case "opened":
      return decodeOpened(jsonObject(payload));
    case "end":
    case "ping":
    case "pong":
      return payload.length === 0 ? { is: name } : invalid(`a payload in a frame ${name}`);
  }
}

function decodeAck(payload: Uint8Array): Frame | Invalid {
  if (payload.length !== 8) return invalid(`an acknowledgement of ${payload.length} bytes`);
  const total = u32(payload, 0) * 2 ** 32 + u32(payload, 4);
  return Number.isSafeInteger(total)
    ? { is: "ack", total }
    : invalid("an acknowledgement beyond 2^53");
}

function decodeClose(json: JsonObject | null): Frame | Invalid {
  if (typeof json?.code !== "string" || typeof json.message !== "string") {
    return invalid("a close frame without code and message");
  }
  return { is: "close", code: json.code, message: json.message };
}

function decodeOpened(json: JsonObject | null): Frame | Invalid {
  const { session, windowBytes, server } = json ?? {};
  if (typeof session !== "string" || typeof server !== "string") {
    return invalid("an opened frame without session and server");
  }
  if (typeof windowBytes !== "number" || !isWindow(windowBytes)) {
    return invalid("an opened frame with an impossible window");
  }
  return { is: "opened", session, windowBytes, server };
}

/** A window below the distance between two acknowledgements would never be given back. */
const isWindow = (bytes: number): boolean =>
  Number.isInteger(bytes) && bytes >= tunnelAckBytes && bytes <= tunnelWindowBytes;

type JsonObject = Readonly<Record<string, unknown>>;

function jsonObject(payload: Uint8Array): JsonObject | null {
  const json = strictText(payload);
  if (json === null) return null;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

function u64Bytes(value: number): Uint8Array {
  const out = new Uint8Array(8);
  putU32(out, 0, Math.floor(value / 2 ** 32));
  putU32(out, 4, value % 2 ** 32);
  return out;
}

const invalid = (what: string): Invalid => ({ is: "invalid", message: `The peer sent ${what}.` });
