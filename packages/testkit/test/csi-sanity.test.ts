import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allChecks } from "../src/checks/index.js";

const page = readFileSync(new URL("../../../docs/csi-sanity.md", import.meta.url), "utf8");
const [theirs = "", further = ""] = page.split("## What csi-sanity does not look at");
const rowsOf = (text: string): readonly (readonly [string, string])[] =>
  [...text.matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)].flatMap(([, one = "", other = ""]) => (/^(csi-sanity|matter|-+)$/.test(one) ? [] : [[one, other] as const]));

describe("the table of csi-sanity's cases", () => {
  it("has a row for each of its 96 cases", () => {
    expect(rowsOf(theirs)).toHaveLength(96);
  });

  it("names checks that exist, or says what this interface does not have", () => {
    const known = new Set(allChecks.map(({ id }) => id));
    for (const [theirCase, ours] of [...rowsOf(theirs), ...rowsOf(further)]) {
      if (ours.startsWith("none: ")) continue;
      const ids = ours.split(", ");
      expect([theirCase, ids.filter((id) => !known.has(id))]).toEqual([theirCase, []]);
    }
  });
});
