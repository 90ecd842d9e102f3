import { SSN } from "./answer.ts";

/* Answers to the letter, each with a value in it; the service then ends the connection. */

const head = (status: string, ...lines: readonly string[]): string =>
  [`HTTP/1.1 ${status}`, ...lines, "", ""].join("\r\n");

const TEXT = "Content-Type: text/plain";
const CHUNKED = "Transfer-Encoding: chunked";
const length = (bytes: number): string => `Content-Length: ${bytes}`;

export const WIRE: readonly (readonly [about: string, bytes: string])[] = [
  ["101 that nobody asked for", `${head("101 X", "Upgrade: x", "Connection: upgrade")}${SSN}`],
  ["a hint before the answer", `${head("103 X", `Link: </${SSN}>`)}${head("200 OK")}`],
  ["a reason", `${head(`200 ${SSN}`, TEXT, length(1))}x`],
  ["two lengths", `${head("200 OK", TEXT, length(1), length(11))}${SSN}`],
  ["more than the length", `${head("200 OK", TEXT, length(1))}x${SSN}`],
  ["less than the length", `${head("200 OK", TEXT, length(99))}x ${SSN}`],
  ["a broken chunk", `${head("200 OK", TEXT, CHUNKED)}zz\r\n${SSN}`],
  ["a coding of transfer", `${head("200 OK", "Transfer-Encoding: gzip")}${SSN}`],
  ["no status", `HTTP/1.1\r\n\r\n${SSN}`],
  ["status 999", `${head("999 X", TEXT)}${SSN}`],
  ["status 600", `${head("600 X", TEXT)}${SSN}`],
  ["HTTP/0.9", SSN],
  ["nothing", ""],
  ["a folded header", head("200 OK", "X-A: 1", ` ${SSN}`)],
  ["NUL in a header", head("200 OK", `X-A: \0${SSN}`)],
  ["a field behind it", `${head("200 OK", TEXT, CHUNKED)}1\r\nx\r\n0\r\nX-A: ${SSN}\r\n\r\n`],
];
