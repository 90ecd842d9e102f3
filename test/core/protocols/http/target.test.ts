import { describe, expect, it } from "vitest";
import { readTarget, TARGET_FORMS } from "../../../../core/protocols/http/target.ts";

const read = (target: string) => readTarget(target, []);

describe("a target that all readers understand alike", () => {
  it.each([
    ["/", "/", "", []],
    ["/customers/7", "/customers/7", "", []],
    ["/a/", "/a/", "", []],
    ["/a.b/..c/...", "/a.b/..c/...", "", []],
    ["/a%20b/%C3%A9", "/a%20b/%C3%A9", "", []],
    [
      "/a?x=1&y=%26&x=2",
      "/a",
      "?x=1&y=%26&x=2",
      [
        ["x", "1"],
        ["y", "&"],
        ["x", "2"],
      ],
    ],
    ["/a?", "/a", "?", []],
    [
      "/a?b+c&=d",
      "/a",
      "?b+c&=d",
      [
        ["b c", ""],
        ["", "d"],
      ],
    ],
    ["/a?next=/x/../y//z;w", "/a", "?next=/x/../y//z;w", [["next", "/x/../y//z;w"]]],
  ])("%s", (target, path, search, query) => {
    expect(read(target)).toEqual({ path, search, query });
  });

  it("is what the platform's own parser leaves as it is", () => {
    for (const target of ["/customers/7", "/a%20b/%C3%A9?x=1&y=%26", "/a.b/..c/..."]) {
      const { pathname, search } = new URL(target, "http://localhost");
      expect(pathname + search).toBe(target);
    }
  });
});

describe("a form that may be read in two ways is refused unless the resource lists it", () => {
  it.each([
    ["encoded-slash", "/a%2Fb"],
    ["encoded-slash", "/a%252fb"],
    ["backslash", "/a\\b"],
    ["backslash", "/a%5Cb"],
    ["dot-segment", "/a/../b"],
    ["dot-segment", "/a/."],
    ["dot-segment", "/a/%2e%2E/b"],
    ["dot-segment", "/a/.%2e"],
    ["dot-segment", "/a/%252e%252e/b"],
    ["parameters", "/a;x=1/b"],
    ["parameters", "/a%3Bb"],
    ["empty-segment", "//b"],
    ["empty-segment", "/a//b"],
  ] as const)("%s: %s", (form, target) => {
    expect(read(target)).toHaveProperty("wrong");
    const others = TARGET_FORMS.filter((one) => one !== form);
    expect(readTarget(target, others)).toHaveProperty("wrong");
    expect(readTarget(target, [form])).toHaveProperty("path", target);
  });

  it("takes two forms where both are listed", () => {
    expect(readTarget("/a/..;/b", ["dot-segment"])).toHaveProperty("wrong");
    expect(readTarget("/a/..;/b", ["dot-segment", "parameters"])).toHaveProperty("path");
  });
});

describe("what is wrong for every resource", () => {
  it.each([
    "",
    "a",
    "http://other/a",
    "/a#b",
    "/a b",
    "/é",
    "/a\r\nX: y",
    "/a\u0000",
    "/a%00",
    "/a?b=%00",
    "/a%0d%0aX",
    "/a%zz",
    "/a%",
    "/a%ff",
    "/a%c0%af",
    "/a?b=%ff",
    '/a"b',
    "/a<b",
    "/a|b",
  ])("%j", (target) => expect(readTarget(target, TARGET_FORMS)).toHaveProperty("wrong"));
});
