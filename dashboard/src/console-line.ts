import type { ConsoleAsk, ConsoleTold } from "../../core/api/console.ts";

const pingEveryMs = 25_000;

export type Line = {
  readonly send: (asked: ConsoleAsk) => void;
  readonly close: () => void;
};

/** A WebSocket to a console of that resource. `lost`: it closed without a word. */
export function openLine(
  resource: string,
  hear: (told: ConsoleTold) => void,
  lost: () => void,
): Line {
  const url = new URL(`/api/console/${encodeURIComponent(resource)}`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  let over = false;
  const ping = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send("ping");
  }, pingEveryMs);
  const finish = () => {
    clearInterval(ping);
    const wasOver = over;
    over = true;
    return !wasOver;
  };
  socket.addEventListener("message", ({ data }) => {
    if (over || typeof data !== "string" || !data.startsWith("{")) return;
    const told = JSON.parse(data) as ConsoleTold;
    if (told.on === "ended") finish();
    hear(told);
  });
  socket.addEventListener("close", () => finish() && lost());
  return {
    send: (asked) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(asked));
    },
    close: () => {
      finish();
      socket.close();
    },
  };
}
