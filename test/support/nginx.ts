import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../demo/processes.ts";
import { finished } from "./demo.ts";
import { NGINX } from "./tools.ts";

export type Nginx = {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
};

/** What it serves from its disk, by name. */
export type Files = Readonly<Record<string, string | Buffer>>;

/**
 * Debian's nginx on 127.0.0.1, with these files under `/files/`, a folder `/store/` that takes PUT
 * and DELETE (RFC 4918), and a few answers of its own. It codes JSON and text with gzip.
 */
export async function startNginx(files: Files): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-nginx-"));
  // As root its workers are `nobody`, who has to get in.
  chmodSync(folder, 0o755);
  for (const name of ["files", "store", "state"]) {
    mkdirSync(join(folder, name));
    chmodSync(join(folder, name), 0o777);
  }
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(folder, "files", name), bytes);
  }
  const port = await freePort();
  writeFileSync(join(folder, "nginx.conf"), configuration(folder, port));
  const child = spawn(NGINX, ["-p", folder, "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  await listening(child, port);
  const stop = async () => {
    const gone = once(child, "exit");
    if (child.exitCode === null) {
      child.kill("SIGQUIT");
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, url: `http://127.0.0.1:${port}`, stop };
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  const gone = finished(child).then(({ stderr }) => {
    throw new Error(`nginx did not start: ${stderr}`);
  });
  gone.catch(() => {});
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const came = await Promise.race([
      once(socket, "connect").then(
        () => true,
        () => false,
      ),
      gone,
    ]);
    socket.destroy();
    if (came) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

const configuration = (folder: string, port: number): string => `
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? "user nobody nogroup;" : ""}
pid state/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  types { application/json json; text/plain txt; text/csv csv; application/octet-stream bin; }
  ${TEMPORARY.map((name) => `${name}_temp_path state/${name};`).join("\n  ")}
  client_max_body_size 64m;
  keepalive_timeout 60s;
  gzip on;
  gzip_min_length 1;
  gzip_types application/json text/plain;
  server {
    listen 127.0.0.1:${port};
    root ${folder};
    location /files/ { }
    location /store/ { dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; }
    location = /moved { return 301 /files/note.txt; }
    location = /away { return 302 https://elsewhere.example/page; }
    location = /empty { return 204; }
    location = /forbidden { return 403 "no\\n"; }
    location = /broken { return 500 "broken\\n"; }
    location = /headers { add_header X-Got "$http_x_sent" always; return 200 "ok\\n"; }
  }
}
`;
