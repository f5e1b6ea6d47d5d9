import { describe, expect, it } from "vitest";
import { nameProblem } from "../../src/guard/names.js";

describe("nameProblem", () => {
  it.each(["a", "--help", "../x", "a b", "x@y", "ünï", "🚀", "a".repeat(128), "é".repeat(64), "..", "/", "%2F"])("takes %j", (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    ["", "empty"],
    ["a".repeat(129), "129 bytes"],
    ["é".repeat(65), "130 bytes"],
    ["a\nb", "control character"],
    ["a\u0000", "control character"],
    ["\u0085", "control character"],
    ["\ud800x", "well-formed"],
    ["x\udc00", "well-formed"],
    [7, "not number"],
    [null, "not null"],
    [undefined, "not undefined"],
  ])("refuses %j and says why", (name, why) => {
    expect(nameProblem(name)).toContain(why);
  });

  it("keeps a backend's own, smaller limit", () => {
    expect(nameProblem("abcd", 3)).toContain("at most 3");
  });
});
