import type { Door } from "./listener.ts";

/** The gateway puts the resource's own user in its place; libpq wants one all the same. */
const user = "sluice";

const hostOf = (door: Door): string => (door.kind === "socket" ? door.directory : "127.0.0.1");

/**
 * A connection URI (PostgreSQL manual, "Connection URIs"). A socket's directory goes into the
 * query: a URL parser that is stricter than libpq takes that, too.
 */
export function addressOf(door: Door, database: string): string {
  const name = encodeURIComponent(database);
  if (door.kind === "tcp") {
    return `postgresql://${user}:${door.password}@127.0.0.1:${door.port}/${name}?sslmode=disable`;
  }
  const host = encodeURIComponent(door.directory);
  return `postgresql:///${name}?host=${host}&port=${door.port}&user=${user}&sslmode=disable`;
}

/**
 * What a command finds in its environment. The legs that TLS would guard never leave this
 * machine.
 */
export function environmentOf(door: Door, database: string): Record<string, string | undefined> {
  return {
    PGHOST: hostOf(door),
    PGHOSTADDR: undefined,
    PGSERVICE: undefined,
    PGPORT: String(door.port),
    PGUSER: user,
    PGPASSWORD: door.kind === "tcp" ? door.password : undefined,
    PGDATABASE: database,
    PGSSLMODE: "disable",
    PGGSSENCMODE: "disable",
    PGCHANNELBINDING: undefined,
    PGREQUIREAUTH: undefined,
    DATABASE_URL: addressOf(door, database),
  };
}
