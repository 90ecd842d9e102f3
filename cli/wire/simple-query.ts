import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { concat, i32, u32Bytes, utf8 } from "../../core/bytes.ts";
import { MessageReader, said, type ServerMessage } from "../../core/protocols/postgres/seen.ts";
import { refused } from "../failure.ts";
import type { Door } from "../tunnel/listener.ts";

/*
 * The smallest PostgreSQL client that answers `sluice sql`: a simple Query, whose answer streams
 * with the pace of whoever reads it. It speaks to the local listener, so it takes the very path
 * that psql takes.
 */

const PROTOCOL_3_0 = 196_608;
const CLEARTEXT_PASSWORD = 3;
const NUL = new Uint8Array(1);

const message = (type: string, body: Uint8Array): Uint8Array =>
  concat([utf8(type), u32Bytes(body.length + 4), body]);

const cString = (text: string): Uint8Array => concat([utf8(text), NUL]);

function startupPacket(database: string): Uint8Array {
  const names = ["user", "sluice", "database", database, "client_encoding", "UTF8"];
  const parameters = [...names, "application_name", "sluice sql"].map(cString);
  const body = concat([u32Bytes(PROTOCOL_3_0), ...parameters, NUL]);
  return concat([u32Bytes(body.length + 4), body]);
}

/**
 * Signs in at `door`, runs `sql` (one or more statements, one transaction unless they say
 * otherwise), and gives the server's messages after the login up to ReadyForQuery. Throws a
 * Failure when it is not let in.
 */
export async function* simpleQuery(
  door: Door,
  database: string,
  sql: string,
): AsyncGenerator<ServerMessage> {
  const socket = open(door);
  socket.on("error", () => {});
  try {
    await once(socket, "connect");
    socket.write(startupPacket(database));
    let asked = false;
    for await (const said of messagesOf(socket)) {
      if (asked) yield said;
      else if (said.type === "Z") {
        socket.write(message("Q", cString(sql)));
        asked = true;
      } else answerLogin(socket, door, said);
      if (asked && said.type === "G") socket.write(message("f", cString("COPY FROM needs psql.")));
    }
  } finally {
    if (socket.writable) socket.end(message("X", new Uint8Array(0)));
  }
}

const open = (door: Door): Socket =>
  door.kind === "tcp"
    ? connect(door.port, "127.0.0.1")
    : connect(join(door.directory, `.s.PGSQL.${door.port}`));

/** Reading the socket as an iterator is what makes a slow reader slow the server. */
async function* messagesOf(socket: Socket): AsyncGenerator<ServerMessage> {
  const reader = new MessageReader();
  for await (const bytes of socket.iterator({ destroyOnReturn: false })) {
    yield* reader.push(bytes as Buffer);
  }
}

function answerLogin(socket: Socket, door: Door, reply: ServerMessage): void {
  const heard = said(reply);
  if (heard?.is === "error") throw refused("no_session", heard.text);
  const { type, body } = reply;
  if (type !== "R" || body.length < 4 || door.kind !== "tcp") return;
  if (i32(body, 0) === CLEARTEXT_PASSWORD) socket.write(message("p", cString(door.password)));
}
