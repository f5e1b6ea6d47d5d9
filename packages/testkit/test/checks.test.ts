import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { families } from "../src/check.js";
import { allChecks } from "../src/checks/index.js";
import { rules } from "../src/rules.js";

describe("the list of checks", () => {
  it("has unique ids of one form, each named after its family", () => {
    const ids = allChecks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, family } of allChecks) expect(id).toMatch(new RegExp(`^${family.toUpperCase()}-[1-9][0-9]*$`));
  });

  it("proves every rule and has a check in every family", () => {
    const cited = new Set<string>(allChecks.flatMap((check) => check.rules));
    expect(Object.keys(rules).filter((rule) => !cited.has(rule))).toEqual([]);
    const covered = new Set<string>(allChecks.map(({ family }) => family));
    expect(families.filter((family) => !covered.has(family))).toEqual([]);
  });

  it("is what the README lists", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const rows = allChecks.map(({ id, title, rules: cited, needs = [] }) => {
      const behaviour = [title, ...needs.map((need) => `[${need}]`)].join(" ");
      return `| ${id} | ${behaviour} | ${cited.join(", ")} |`;
    });
    expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
    expect(readme).toContain(`${allChecks.length} checks;`);
  });

  it("has titles that are sentences of behaviour", () => {
    for (const { title } of allChecks) expect(title).toMatch(/^[A-Z]|^unset /);
  });
});
