import { join } from "node:path";
import { bundleWorker } from "../demo/bundle.ts";
import { startGateway } from "../demo/gateway.ts";
import { freePort, residentKb } from "../demo/processes.ts";
import type { Effort } from "./effort.ts";
import { download, load, type Target } from "./http-client.ts";
import { DOCUMENTS, startService } from "./http-service.ts";
import { httpPolicyText, policyText } from "./policy.ts";
import { mostResidentKb } from "./resident.ts";
import { quantile, Table, type TableSettings } from "./sheet.ts";
import type { World } from "./world.ts";

const ways = [
  ["direct", "direct (a)"],
  ["bare", "bare (b)"],
  ["recorded", "recorded (c)"],
  ["plain", "none masked"],
  ["masked", "masked by key"],
] as const;
type Way = (typeof ways)[number][0];
type Targets = (way: Way, path: string) => Target;

const tableOf = (title: string, as: "share" | "difference", digits: number): Table => {
  const columns = ways.map(([, column]) => column);
  const settings: TableSettings = {
    title,
    columns,
    against: { column: "recorded (c)", as },
    digits,
  };
  return new Table(settings);
};

const CONNECTIONS = [1, 32] as const;
const STREAMS = ["json", "ndjson", "sse"] as const;
const warmSeconds = 0.3;
const largeRounds = 2;

/** Requests to a service, small and large, beside a Worker and an object that only pass them on. */
export class HttpBench {
  readonly rates = tableOf("HTTP, requests per second", "share", 0);
  readonly medians = tableOf("HTTP, median latency in ms", "difference", 2);
  readonly slow = tableOf("HTTP, 99 of 100 requests took at most, ms", "difference", 2);
  readonly firstBytes = tableOf(
    "HTTP, median of the first byte, 1 connection, ms",
    "difference",
    2,
  );
  readonly streams = tableOf("HTTP, a large answer, MB/s of the service's own bytes", "share", 0);
  readonly memory = new Table({
    title: "HTTP, what one large answer adds to the runtime's memory at most, MB of RSS",
    columns: ["recorded (c)", "none masked", "masked by key"],
    digits: 0,
  });
  readonly tables = [
    this.rates,
    this.medians,
    this.slow,
    this.firstBytes,
    this.streams,
    this.memory,
  ];

  async run(world: World, effort: Effort): Promise<void> {
    const service = await startService();
    const baseline = await startGateway({
      port: await freePort(),
      stateDir: join(world.stateDir, "http-baseline"),
      vars: { TARGET: service.url },
      modules: await bundleWorker(join(import.meta.dirname, "http-baseline.ts")),
    });
    try {
      await world.demo.apply(httpPolicyText(service.url));
      const token = await world.demo.token("ada");
      const bases: Readonly<Record<Way, string>> = {
        direct: service.url,
        bare: `${baseline.url}/bare`,
        recorded: `${baseline.url}/recorded`,
        plain: `${world.demo.url}/http/http-plain`,
        masked: `${world.demo.url}/http/http-masked`,
      };
      const target: Targets = (way, path) => ({
        url: `${bases[way]}${path}`,
        token: way === "plain" || way === "masked" ? token : null,
      });
      for (let repeat = 0; repeat < effort.repeats; repeat++) {
        await this.#small(world.state, target, effort.seconds);
        if (repeat < largeRounds) await this.#large(world.state, target, effort.streamMegabytes);
      }
      const pid = (way: Way) => (way === "recorded" ? baseline.pid() : world.pid("plain"));
      await this.#longer(world.state, target, pid, effort.streamMegabytes);
    } finally {
      await world.demo.apply(policyText(world.postgresPort));
      await baseline.stop();
      await service.stop();
    }
  }

  async #small(state: string, target: Targets, seconds: number): Promise<void> {
    for (const kB of Object.keys(DOCUMENTS)) {
      for (const connections of CONNECTIONS) {
        const many = connections === 1 ? "1 connection" : `${connections} connections`;
        const line = `${kB} kB JSON, ${many}`;
        for (const [way, column] of ways) {
          const to = target(way, `/${kB}`);
          await load(to, connections, warmSeconds);
          const { requestsPerSecond, latenciesMs, firstBytesMs } = await load(
            to,
            connections,
            seconds,
          );
          this.rates.add(line, state, column, requestsPerSecond);
          this.medians.add(line, state, column, quantile(latenciesMs, 0.5));
          this.slow.add(line, state, column, quantile(latenciesMs, 0.99));
          if (connections > 1) continue;
          this.firstBytes.add(`${kB} kB JSON`, state, column, quantile(firstBytesMs, 0.5));
        }
      }
    }
  }

  async #large(state: string, target: Targets, megabytes: number): Promise<void> {
    for (const type of STREAMS) {
      // What the service sends: masks make it shorter.
      let sent = 0;
      for (const [way, column] of ways) {
        const got = await download(target(way, `/big?type=${type}&mb=${megabytes}`));
        if (way === "direct") sent = got.bytes;
        this.streams.add(`${type}, ${megabytes} MiB`, state, column, sent / 1e6 / got.seconds);
      }
    }
  }

  /** As long as those that were measured, and five times as long. */
  async #longer(
    state: string,
    target: Targets,
    pid: (way: Way) => number,
    megabytes: number,
  ): Promise<void> {
    for (const size of [megabytes, 5 * megabytes]) {
      for (const [way, column] of ways.slice(2)) {
        const before = residentKb(pid(way));
        const most = await mostResidentKb(
          pid(way),
          download(target(way, `/big?type=json&mb=${size}`)),
        );
        this.memory.add(`json, ${size} MiB`, state, column, (most - before) / 1e3);
      }
    }
  }
}
