import { describe, expect, it, test } from "vitest";
import type { Headers, Outgoing } from "../../../../core/exchange.ts";
import { isUpgrade, readAccept, readUpgrade } from "../../../../core/protocols/http/handshake.ts";

const WEBSOCKET: Headers = [
  ["upgrade", "WebSocket"],
  ["sec-websocket-version", "13"],
  ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
];
const upgrade = (more: Headers = [], method = "GET", hasBody = false) =>
  readUpgrade(method, [...WEBSOCKET, ...more], hasBody, ["https://app.example"]);

describe("a request for a WebSocket", () => {
  it("goes on with its upgrade and the subprotocols, and offers no extension", () => {
    expect(upgrade([["sec-websocket-extensions", "permessage-deflate"]])).toEqual({
      forward: [["upgrade", "websocket"]],
    });
    expect(upgrade([["sec-websocket-protocol", "a,b"]])).toEqual({
      forward: [
        ["upgrade", "websocket"],
        ["sec-websocket-protocol", "a, b"],
      ],
    });
  });

  it("is one only where it says so", () => {
    expect(readUpgrade("POST", WEBSOCKET.slice(1), true, [])).toEqual({ forward: [] });
  });

  test.for<[string, ReturnType<typeof upgrade>]>([
    ["another method", upgrade([], "POST")],
    ["a body", upgrade([], "GET", true)],
    [
      "another version",
      readUpgrade(
        "GET",
        [
          ["upgrade", "websocket"],
          ["sec-websocket-version", "8"],
        ],
        false,
        [],
      ),
    ],
    ["another protocol", readUpgrade("GET", [["upgrade", "h2c"]], false, [])],
    ["several protocols", readUpgrade("GET", [["upgrade", "h2c, websocket"]], false, [])],
    ["a subprotocol twice", upgrade([["sec-websocket-protocol", "a, a"]])],
    ["a subprotocol that is no token", upgrade([["sec-websocket-protocol", "a b"]])],
    ["an empty one", upgrade([["sec-websocket-protocol", "a,"]])],
  ])("is refused for %s", ([, read]) => {
    expect(read).toMatchObject({ refuse: { code: "bad_request" } });
  });

  it("comes of no page but those of the resource's origins", () => {
    expect(upgrade([["origin", "https://app.example"]])).toHaveProperty("forward");
    for (const origin of ["https://app.example.evil", "null", "", "https://APP.example"]) {
      expect(upgrade([["origin", origin]])).toMatchObject({ refuse: { code: "blocked" } });
    }
  });
});

describe("the service's 101", () => {
  const asked = (headers: Headers): Outgoing => ({
    method: "GET",
    path: "/",
    search: "",
    headers,
    body: null,
  });
  const offered = asked([
    ["upgrade", "websocket"],
    ["sec-websocket-protocol", "a, b"],
  ]);
  const accept = (headers: Headers, outgoing = offered) =>
    readAccept(outgoing, { status: 101, headers });

  it("may choose one of the subprotocols, or none; nothing else of it goes on", () => {
    expect(isUpgrade(offered)).toBe(true);
    expect(accept([["set-cookie", "a=b"]])).toEqual({ head: { status: 101, headers: [] } });
    const headers: Headers = [["sec-websocket-protocol", "b"]];
    expect(accept([...headers, ["server", "x"]])).toEqual({ head: { status: 101, headers } });
  });

  test.for<[string, ReturnType<typeof accept>]>([
    ["nobody asked", accept([], asked([]))],
    ["a subprotocol nobody offered", accept([["sec-websocket-protocol", "c"]])],
    ["two at once", accept([["sec-websocket-protocol", "a, b"]])],
    ["an extension", accept([["sec-websocket-extensions", "permessage-deflate"]])],
  ])("is refused for %s", ([, accepted]) => {
    expect(accepted).toHaveProperty("wrong");
  });
});
