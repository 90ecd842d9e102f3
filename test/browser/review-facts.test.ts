import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import { aReview, idOf } from "../support/dashboard-samples.ts";
import type { Stub } from "../support/dashboard-stub.ts";
import { useStub } from "../support/stub-browser.ts";

/* What stands beside a held statement, on the smallest screen, and reviews of long ago. */

let browser: Browser;
let stub: Stub;
useStub((given) => {
  ({ browser, stub } = given);
});

const narrow = { viewport: { width: 390, height: 844 } };
const full = aReview(9, {
  shown: "UPDATE customers SET email = $1, note = $2 WHERE id = $3",
  operations: ["update"],
  parameters: [
    { position: 1, type: "text", shown: "…" },
    { position: 2, type: "varchar", shown: `a-word-without-an-end-${"x".repeat(200)}` },
    { position: 3, type: null, shown: "NULL" },
  ],
  masked: ["public.customers.email", "public.customers.a_name_that_is_as_long_as_names_may_be"],
  estimate: { rows: 48_210, cost: 1_812.5, scans: ["Seq Scan on customers"] },
  signIn: { minutes: 5, acr: "phr" },
  votes: [
    { by: "Lea", verdict: "approve", comment: "y".repeat(200), at: "2026-01-01T00:00:00.000Z" },
  ],
  approvalsNeeded: 3,
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`all of it is read at 390 px, ${colorScheme}`, async () => {
    stub.reviews = [full];
    const { page } = await open(browser, `${stub.url}/reviews/${full.id}`, {
      ...narrow,
      colorScheme,
    });
    await page.getByRole("heading", { name: /about 48,210 rows/ }).waitFor();
    for (const words of [
      "$1 = …",
      "public.customers.email and",
      "as the planner estimates, at cost 1,813: Seq Scan on customers",
      "at most 5 minutes before the answer, by phr",
      "1 of 3 approved",
    ]) {
      await page.getByText(words).filter({ visible: true }).first().waitFor();
    }
    expect([await accessibility(page), await overflow(page)]).toEqual([[], 0]);
    await picture(page, `review-facts-390-${colorScheme}`);
  });
}

test("the estimate comes to a review that is open", async () => {
  stub.reviews = [{ ...full, estimate: null }];
  const { page } = await open(browser, `${stub.url}/reviews/${full.id}`);
  await page.getByText("is being asked for").waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  stub.tell(full);
  await page.getByText("as the planner estimates").waitFor();
});

test("an answer that needs a sign-in first is kept in its tab, and for its author", async () => {
  stub.reviews = [full];
  const { page } = await open(browser, `${stub.url}/reviews/${full.id}`);
  await page.getByRole("button", { name: "Reject…" }).click();
  await page.getByLabel(/Comment/).fill("Not like this.");
  stub.refuseNext(`POST /api/reviews/${full.id}/reject`, "stale_sign_in");
  await page.getByRole("button", { name: "Reject", exact: true }).click();
  const again = page.getByRole("link", { name: "Sign in again" });
  expect(await again.getAttribute("href")).toBe(
    `/auth/login?to=${encodeURIComponent(`/reviews/${full.id}`)}&fresh=1&acr=phr`,
  );
  await again.click();
  // The stub leads nowhere: as if the provider had sent them back.
  await page.goto(`${stub.url}/reviews/${full.id}`);
  await page.getByRole("form", { name: "Reject" }).waitFor();
  expect(await page.getByLabel(/Comment/).inputValue()).toBe("Not like this.");
  await page.reload();
  await page.getByRole("button", { name: "Reject…" }).waitFor();
  expect(await page.getByRole("form").count()).toBe(0);
});

test("reviews of long ago are reached, each once, and what waits is not among them", async () => {
  const settled = (number: number) =>
    aReview(number, {
      state: "expired",
      mayVote: false,
      principal: `P${number}`,
      settledAt: new Date(1_700_000_000_000 + number * 60_000).toISOString(),
    });
  stub.reviews = [
    ...Array.from({ length: 129 }, (_, i) => settled(i + 2)),
    aReview(1, { principal: "Waiting since long" }),
  ];
  const { page } = await open(browser, `${stub.url}/reviews`);
  await page.getByText("Waiting since long").waitFor();
  const rows = page.locator("a[data-review]");
  expect(await rows.count()).toBe(51);
  await page.getByRole("button", { name: "Show older ones" }).click();
  await page.getByRole("list", { name: "Older" }).waitFor();
  await page.getByRole("button", { name: "Show older ones" }).click();
  await page.locator(`a[data-review="${idOf("rev", 2)}"]`).waitFor();
  expect(await rows.count()).toBe(130);
  expect(await page.getByRole("button", { name: "Show older ones" }).count()).toBe(0);
  expect(await accessibility(page)).toEqual([]);
  await page.locator(`a[data-review="${idOf("rev", 2)}"]`).click();
  await page.getByRole("heading", { name: /P2 deletes/ }).waitFor();
});
