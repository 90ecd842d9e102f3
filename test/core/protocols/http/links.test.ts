import { describe, expect, it } from "vitest";
import { LINKS, linkOf } from "../../../../core/protocols/http/links.ts";

const root = { url: "https://billing.internal", prefix: "/http/billing-api" };
const based = { url: "https://billing.internal:8443/v2", prefix: "/http/billing-api" };
const own = { ...root, prefix: "" };
const ownBased = { ...based, prefix: "" };

describe("a link", () => {
  it.each([
    ["https://billing.internal/payments/61", root, "/http/billing-api/payments/61"],
    ["https://BILLING.internal:443/payments?a=1#b", root, "/http/billing-api/payments?a=1#b"],
    ["https://billing.internal", root, "/http/billing-api/"],
    ["https://billing.internal?a=1", root, "/http/billing-api/?a=1"],
    ["//billing.internal/x", root, "/http/billing-api/x"],
    ["/payments/61", root, "/http/billing-api/payments/61"],
    ["/", root, "/http/billing-api/"],
    ["/payments/61", own, "/payments/61"],
    ["https://billing.internal/payments/61", own, "/payments/61"],
    ["https://billing.internal:8443/v2/x", based, "/http/billing-api/x"],
    ["/v2/x?y", based, "/http/billing-api/x?y"],
    ["/v2", ownBased, "/"],
    ["/v2?y", ownBased, "/?y"],
  ])("%s of the service leads to where it is here (%j)", (link, place, here) => {
    expect(linkOf(link, place)).toBe(here);
  });

  it.each([
    ["https://elsewhere.example/x", root],
    ["//elsewhere.example/x", own],
    ["/\\elsewhere.example/x", { ...own, url: "https://other.internal" }],
    ["http://billing.internal/x", root],
    ["https://billing.internal:8443/x", root],
    ["https://billing.internal.example/x", root],
    ["https://user@billing.internal/x", root],
    ["61", root],
    ["../x", root],
    ["?page=2", root],
    ["#top", root],
    ["", root],
    ["mailto:ada@example.com", root],
  ])("%s of others, or of the same path, stays", (link, place) => {
    expect(linkOf(link, place)).toBe(link.startsWith("/\\") ? `/.${link}` : link);
  });

  it("out of the base path leads to the service's own origin: it is not reached here", () => {
    const elsewhere = "https://billing.internal:8443/v20/x";
    expect(linkOf("/v20/x", based)).toBe(elsewhere);
    expect(linkOf(elsewhere, ownBased)).toBe(elsewhere);
  });

  it("never becomes one to another host", () => {
    expect(linkOf("https://billing.internal//evil.example/x", own)).toBe("/.//evil.example/x");
    expect(linkOf("https://billing.internal/\\evil.example", own)).toBe("/./\\evil.example");
    expect(linkOf("/v2//evil.example", ownBased)).toBe("/.//evil.example");
  });
});

describe("headers with links", () => {
  it("have each of them", () => {
    const link = '<https://billing.internal/p?page=2>; rel="next", </last>; rel=last, <x>; rel=y';
    expect(LINKS["link"]?.(link, root)).toBe(
      '</http/billing-api/p?page=2>; rel="next", </http/billing-api/last>; rel=last, <x>; rel=y',
    );
  });
  it.each([
    ["5; url=/x", "5; url=/http/billing-api/x"],
    ["0;URL='https://billing.internal/x'", "0;URL='/http/billing-api/x'"],
    ['1, url="/x"', '1, url="/http/billing-api/x"'],
    ["2; /x", "2; /http/billing-api/x"],
    ["3; url=https://elsewhere.example/", "3; url=https://elsewhere.example/"],
    ["4", "4"],
  ])("Refresh: %s", (value, here) => {
    expect(LINKS["refresh"]?.(value, root)).toBe(here);
  });
});
