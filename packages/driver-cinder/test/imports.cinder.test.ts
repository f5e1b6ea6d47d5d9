import { requireFacets, volumeId, type Volume } from "@opensds/core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { failureOf } from "./failure-of.js";
import { labDrivers } from "./live/drivers.js";
import { outsider, rowsOf } from "./live/raw.js";

const prefix = `imports-${process.pid}-`;
const rounds = 5;

const driverOf = labDrivers();

describe("several docks and one volume of another tool's", () => {
  it(`import it under as many names at once, and again while it is let go: it always has one, and the others are told, ${rounds} times`, async () => {
    const cloud = await outsider();
    const docks = await Promise.all([0, 1, 2].map(async () => requireFacets(await driverOf(), "imports")));
    const [first] = docks;
    if (first === undefined) throw new Error("there are docks");
    const theirs = v.parse(v.object({ volume: v.object({ id: v.string() }) }), await cloud.cinder("POST", "/volumes", { volume: { size: 1, name: prefix, metadata: { mine: "yes" } } }));
    const reference = theirs.volume.id;
    const id = volumeId(reference);
    const row = async () => (await rowsOf(cloud, prefix))[0];
    await expect.poll(async () => (await row())?.status, { timeout: 30_000 }).toBe("available");
    const importAll = async (round: string): Promise<Volume> => {
      const imports = docks.map((dock, index) => dock.imports.importVolume({ reference, name: `${prefix}${round}-${index}` }));
      const outcomes = await Promise.allSettled(imports);
      const made = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      for (const lost of imports.filter((_, index) => outcomes[index]?.status === "rejected")) {
        expect(await failureOf(lost)).toMatchObject({ code: "ALREADY_EXISTS", reason: "volume-exists", outcome: "none" });
      }
      expect(made.map((volume) => volume.id), `who has it in round ${round}`).toEqual([id]);
      return made[0] ?? expect.fail("nobody has it");
    };
    for (let round = 0; round < rounds; round += 1) {
      const made = await importAll(`${round}-at-once`);
      expect((await first.getVolume({ name: made.name })).id).toBe(id);
      const again = async (): Promise<Volume> => {
        for (;;) if ((await row())?.metadata["opensds.v"] === undefined) return importAll(`${round}-let-go`);
      };
      const [next] = await Promise.all([again(), first.imports.unmanageVolume({ id })]);
      expect((await first.getVolume({ name: next.name })).id).toBe(id);
      await first.imports.unmanageVolume({ id });
      expect((await row())?.metadata).toEqual({ mine: "yes" });
    }
    await cloud.cinder("DELETE", `/volumes/${reference}`);
    await expect.poll(row, { timeout: 30_000 }).toBeUndefined();
  });
});
