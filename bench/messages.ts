/** A PostgreSQL message (manual, "Message Formats"): type, length with itself, body. */
export function message(type: string, body: string | Uint8Array): Buffer {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

/** A startup packet of protocol 3.0, which has a length and no type. */
export function startup(): Buffer {
  const body = Buffer.from("\0\x03\0\0user\0sluice\0database\0shop\0\0");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}

const u32s = (...values: readonly number[]): Buffer => {
  const out = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) out.writeUInt32BE(value, 4 * i);
  return out;
};

/** Of the server's, as it announces it and as it answers when it is asked. */
export const processId = 17;

const PARAMETERS = {
  server_version: "18.0",
  server_encoding: "UTF8",
  client_encoding: "UTF8",
  DateStyle: "ISO, MDY",
  integer_datetimes: "on",
  standard_conforming_strings: "on",
};

export const READY = message("Z", "I");

/** All that a server says at login when it trusts everybody. */
export const welcome = (): Buffer =>
  Buffer.concat([
    message("R", Buffer.alloc(4)),
    ...Object.entries(PARAMETERS).map(([name, value]) => message("S", `${name}\0${value}\0`)),
    message("K", u32s(processId, 1)),
    READY,
  ]);
