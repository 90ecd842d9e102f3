type Pairs = readonly (readonly [string, string])[];

const NEVER =
  /^(authorization|proxy-.*|cookie|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-length|accept-encoding|cf-.*|cdn-loop|true-client-ip|x-forwarded-.*|x-real-ip|forwarded|via|sluice-.*|origin|referer|sec-websocket-.*|mf-.*)$/;

export function readHeaders(pairs: Pairs):
  | {
      readonly forward: Pairs;
      readonly facts: Readonly<Record<string, string>>;
      readonly repeated: readonly string[];
    }
  | { readonly wrong: string } {
  const forward = pairs.filter(([name]) => !NEVER.test(name));
  return {
    forward,
    facts: Object.fromEntries(forward),
    repeated: forward.flatMap(([name, value]) => (value.includes(",") ? [name] : [])),
  };
}
