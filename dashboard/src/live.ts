export type LiveState = "connecting" | "live" | "lost";

export type LineEvents<M> = {
  /** A `hello` says that the line is open, again too: what came meanwhile has to be fetched. */
  readonly message: (message: M, say: (word: string) => void) => void;
  readonly state: (state: LiveState) => void;
  /** Before each new try: renews the sign-in where that is why the line was lost. */
  readonly beforeRetry: () => Promise<unknown>;
};

const retryMinMs = 500;
const retryMaxMs = 30_000;
const pingEveryMs = 25_000;
const pongWithinMs = 10_000;
/** For the line to open, and for what is done before it is tried again. */
const openWithinMs = 15_000;

/** Keeps a WebSocket to the gateway open until the answer is called. */
export function openLine<M extends { readonly on: string }>(
  path: () => string,
  events: LineEvents<M>,
): () => void {
  let socket: WebSocket | null = null;
  let failures = 0;
  let over = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watch: ReturnType<typeof setTimeout> | undefined;

  function connect(): void {
    const url = new URL(path(), location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const own = new WebSocket(url);
    socket = own;
    watch = setTimeout(lose, openWithinMs);
    own.addEventListener("message", ({ data }) => own === socket && hear(own, data));
    own.addEventListener("close", () => own === socket && lose());
  }
  function hear(own: WebSocket, data: unknown): void {
    clearTimeout(watch);
    watch = setTimeout(() => {
      own.send("ping");
      watch = setTimeout(lose, pongWithinMs);
    }, pingEveryMs);
    const message = messageOf<M>(data);
    if (message === null) return;
    if (message.on === "hello") {
      failures = 0;
      events.state("live");
    }
    events.message(message, (word) => own === socket && own.send(word));
  }
  function lose(): void {
    clearTimeout(watch);
    const lost = socket;
    socket = null;
    lost?.close();
    if (over) return;
    events.state("lost");
    const upTo = Math.min(retryMaxMs, retryMinMs * 2 ** failures++);
    retry = setTimeout(again, upTo / 2 + (Math.random() * upTo) / 2);
  }
  function again(): void {
    clearTimeout(retry);
    const go = () => {
      clearTimeout(retry);
      if (!over && socket === null) connect();
    };
    retry = setTimeout(go, openWithinMs);
    events.beforeRetry().then(go, go);
  }
  const wake = () => document.visibilityState === "visible" && socket === null && again();

  events.state("connecting");
  connect();
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  return () => {
    over = true;
    clearTimeout(retry);
    removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
    lose();
  };
}

function messageOf<M>(data: unknown): M | null {
  if (typeof data !== "string" || !data.startsWith("{")) return null;
  try {
    return JSON.parse(data) as M;
  } catch {
    return null;
  }
}
