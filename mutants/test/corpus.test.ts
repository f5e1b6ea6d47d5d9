import { allChecks, rules } from "@opensds/testkit";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cephMutants, referenceMutants } from "../src/corpus/index.js";
import { rulesOf } from "../src/mutant.js";
import { mostOthers } from "../src/run/verdict.js";
import { proofsPath, readProofs } from "../src/run/proofs.js";
import { differences, mostLines } from "./difference-lines.js";

const mutants = [...referenceMutants, ...cephMutants];

describe("the corpus of broken drivers", () => {
  it("is large enough, and a part of it is on the Ceph driver", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(60);
    expect(cephMutants.length).toBeGreaterThanOrEqual(10);
  });

  it("has names that are all different", () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it("is mostly of bugs that were seen somewhere", () => {
    expect(mutants.filter(({ seen }) => seen !== undefined).length).toBeGreaterThan(mutants.length / 2);
  });

  it.each(mutants)("$name breaks known rules, in one place", (mutant) => {
    expect(rulesOf(mutant).filter((rule) => !(rule in rules))).toEqual([]);
    expect(rulesOf(mutant).length).toBeLessThanOrEqual(2);
    const places = (["backend", "driver", "opening"] as const).filter((place) => place in mutant);
    expect(places).toHaveLength(1);
    const listed = Object.keys(mutant.alsoFails ?? {});
    expect(listed.length).toBeLessThanOrEqual(mostOthers);
    const ids = allChecks.map(({ id }) => id);
    expect(listed.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("differs from a sound driver in at most fifteen lines each, helpers of its own included", () => {
    const found = differences();
    expect(found.map(({ name }) => name).sort()).toEqual(mutants.map(({ name }) => name).sort());
    expect(found.filter(({ lines }) => lines > mostLines)).toEqual([]);
  });

  it("is what the table of proofs speaks of", () => {
    const proofs = readProofs(readFileSync(new URL(`../../${proofsPath}`, import.meta.url), "utf8"));
    expect(Object.keys(proofs)).toEqual(mutants.map(({ name }) => name));
    for (const mutant of mutants) expect(proofs[mutant.name]?.breaks).toEqual(rulesOf(mutant));
  });
});
