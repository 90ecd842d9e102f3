import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { launch } from "./browser.ts";
import { startStub, type Stub } from "./dashboard-stub.ts";
import { has, needs } from "./tools.ts";

type Given = { readonly browser: Browser; readonly stub: Stub };

/** One Chromium for the file, and for each test a gateway that it holds in its hand. */
export function useStub(ready: (given: Given) => void): void {
  let browser: Browser | undefined;
  let stub: Stub | undefined;
  beforeAll(async () => {
    if (has("chromium")) browser = await launch();
  });
  afterAll(() => browser?.close());
  beforeEach(async (context) => {
    needs(context, "chromium");
    if (browser === undefined) throw new Error("no browser was started");
    stub = await startStub();
    ready({ browser, stub });
  });
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    await stub?.stop();
  });
}
