import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reference } from "@opensds/testkit/reference";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { referenceMutants } from "../src/corpus/index.js";
import { companyOpener } from "../src/opener.js";
import { apart } from "../src/run/matrix.js";
import { companies } from "../src/run/plan.js";

const numberOf = (name: string): number => referenceMutants.findIndex((mutant) => mutant.name === name);
const ignoresCase = numberOf("compares names without regard to case");
const roundsDown = numberOf("rounds sizes down to whole MiB");

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "company-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** What a driver makes in whose company these mutants are: a bit more than 1 MiB as "a", then 3 MiB as "A". */
async function sizesOf(...numbers: readonly number[]): Promise<readonly (number | string | null)[]> {
  const file = join(directory, "numbers");
  await writeFile(file, numbers.join(" "));
  const open = companyOpener("reference", file);
  const backends = await open({ backends: { memory: { reference_driver: { store: "memory" } } } }, { drivers: [reference] });
  const driver = backends.get("memory");
  await driver.setup();
  const sizes: (number | string | null)[] = [];
  for (const [name, requiredBytes] of [["a", 2 ** 20 + 1], ["A", 3 * 2 ** 20]] as const) {
    const made = await driver.createVolume({ name, capacity: { requiredBytes } }).catch((error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "?"));
    sizes.push(typeof made === "string" ? made : made.sizeBytes);
  }
  // Memory is one for the whole process.
  for await (const { id } of driver.listVolumes()) await driver.deleteVolume({ id });
  await backends.unset();
  return sizes;
}

describe("mutants in company", () => {
  it("break together what each breaks alone, and nothing when nobody is there", async () => {
    const none = await sizesOf();
    expect(none).toEqual([2 ** 21, 3 * 2 ** 20]);
    const both = await sizesOf(ignoresCase, roundsDown);
    const [size] = await sizesOf(roundsDown);
    const [, second] = await sizesOf(ignoresCase);
    expect(size).not.toBe(none[0]);
    expect(second).not.toBe(none[1]);
    expect(both).toEqual([size, second]);
  });

  it("come each into one company, neighbours of the corpus into different ones, and others together with another seed", () => {
    const numbered = referenceMutants.map((mutant, number) => ({ number, mutant }));
    const draws = [0, 1, 2, 11, 12, 13, 4_000_000_000].map((seed) => companies(numbered, seed));
    for (const groups of draws) {
      expect(groups.flat().map(({ number }) => number).sort((one, other) => one - other)).toEqual(numbered.map(({ number }) => number));
      expect(Math.max(...groups.map(({ length }) => length))).toBeLessThanOrEqual(13);
      for (const group of groups) {
        for (const [index, { number }] of group.entries()) expect(number - (group[index - 1]?.number ?? -2)).toBeGreaterThan(1);
      }
    }
    expect(draws[1]).not.toEqual(draws[2]);
    expect(companies(numbered.slice(0, 1), 7)).toHaveLength(1);
  });

  it("leave to each alone what may fail on it", () => {
    for (const mutant of referenceMutants) expect(apart(mutant).length).toBeGreaterThan(0);
  });
});
