import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { bundleWorker } from "../../demo/bundle.ts";
import { withBounds } from "../edge/edge.ts";
import { accessibility, launch, overflow, picture } from "../support/browser.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { has, needs } from "../support/tools.ts";
import { ended, psql, row, signedIn } from "../support/walk.ts";

/* What reviewers are told and asked, on the whole demo: estimates, two people, sign-ins, time. */

const policy = readFileSync(join(import.meta.dirname, "../../demo/sluice.yaml"), "utf8")
  .replace(
    "guardrails:",
    `guardrails:
  - id: two-look
    when: '"public.orders" in command.objects'
    then: review
    reviewers: [leads, admins]
    approvals: 2
  - id: surely-you
    when: '"public.products" in command.objects && command.unbounded'
    then: review
    reviewers: [leads]
    signIn: { minutes: 5, acr: phr }`,
  )
  .replace("reviewer: [leads]", "reviewer: [leads, admins]");

let browser: Browser;
let demo: TestDemo;
beforeAll(async () => {
  if (!has("chromium")) return;
  const entry = join(import.meta.dirname, "../../worker/index.ts");
  // A hold that keeps locks is over soon: nobody waits a minute for it here.
  const modules = await bundleWorker(entry, [withBounds({ heldInTransactionSeconds: 8 })]);
  browser = await launch();
  demo = await startTestDemo({ pages: true, policy, modules });
});
afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});
beforeEach((context) => needs(context, "chromium", "psql"));
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
});

const approve = async (page: Page, comment = "") => {
  await page.getByRole("button", { name: "Approve…" }).click();
  await page.getByLabel(/Comment/).fill(comment);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
};

const narrow = { viewport: { width: 390, height: 844 } };

test("Rui sees how many rows it is about, and Ada, who asked, does not", async () => {
  const { page: rui } = await signedIn(browser, demo, "rui", "/reviews");
  const over = ended(await psql(demo, "DELETE FROM payments"));
  await row(rui, "deletes from public.payments with no condition: about").click();
  await rui.getByText(/as the planner estimates, at cost .*: Seq Scan on payments/).waitFor();
  expect(await accessibility(rui)).toEqual([]);
  await picture(rui, "review-estimate");
  const { page: ada } = await signedIn(browser, demo, "ada", "/reviews", narrow);
  await row(ada, "deletes from public.payments with no condition").click();
  await ada.getByText("no estimate: Only those who decide see it.").waitFor();
  expect(await ada.getByText(/about [\d,]+ rows/).count()).toBe(0);
  expect([await accessibility(ada), await overflow(ada)]).toEqual([[], 0]);
  await picture(ada, "review-of-ones-own-390");
  await rui.getByRole("button", { name: "Reject…" }).click();
  await rui.getByRole("button", { name: "Reject", exact: true }).click();
  expect((await over).code).not.toBe(0);
});

test("where two people are asked, one is not enough", async () => {
  const { page: rui } = await signedIn(browser, demo, "rui", "/reviews");
  const { page: max } = await signedIn(browser, demo, "max", "/reviews", narrow);
  const child = await psql(demo, "UPDATE orders SET note = note WHERE id = 1");
  const over = ended(child);
  await row(rui, "updates public.orders").click();
  await rui.getByText("0 of 2 approved").first().waitFor();
  await approve(rui, "I have seen it.");
  await rui.getByText("You have answered; others have to, too.").waitFor();
  expect(child.exitCode).toBeNull();
  await row(max, "1 of 2 approved").click();
  await max.getByText("I have seen it.").waitFor();
  expect([await accessibility(max), await overflow(max)]).toEqual([[], 0]);
  await picture(max, "review-second-of-two-390");
  await approve(max);
  expect(await over).toMatchObject({ code: 0, out: expect.stringMatching(/^UPDATE 1\n/) });
  await rui.getByText("2 of 2 approved").first().waitFor();
});

test("a rule asks Rui to sign in again, and his answer is kept meanwhile", async () => {
  const { page } = await signedIn(browser, demo, "rui", "/reviews");
  const over = ended(await psql(demo, "UPDATE products SET stock = stock"));
  await row(page, "updates public.products").click();
  await page.getByText("at most 5 minutes before the answer, by phr").waitFor();
  await approve(page, "Counted by hand.");
  const again = page.getByRole("link", { name: "Sign in again" });
  await again.waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "review-sign-in-again");
  const here = page.url();
  await again.click();
  // The provider knows him, and asks all the same.
  await page.locator('button[value="rui"]').click();
  await page.waitForURL(here);
  expect(await page.getByLabel(/Comment/).inputValue()).toBe("Counted by hand.");
  expect(await accessibility(page)).toEqual([]);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByText("1 of 1 approved").first().waitFor();
  expect(await over).toMatchObject({ code: 0 });
});

test("what nobody answers in time expires on the page and for psql", async () => {
  const { page } = await signedIn(browser, demo, "rui", "/reviews");
  const child = await psql(
    demo,
    "BEGIN",
    "UPDATE products SET stock = stock WHERE id = 1",
    "DELETE FROM customers",
    "ROLLBACK",
  );
  const over = ended(child);
  await row(page, "deletes from public.customers").click();
  await page.getByText("This waits inside a transaction that holds locks").waitFor();
  await page.getByText("expired", { exact: true }).first().waitFor({ timeout: 20_000 });
  expect(await page.getByRole("button", { name: "Approve…" }).count()).toBe(0);
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "review-expired");
  expect((await over).out).toContain("Nobody decided in time.");
});
