import { MiB } from "@opensds/core";
import { adminCeph } from "@opensds/lab";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf, live, openNamespace, uniqueName, type LabNamespace } from "./live/lab.js";

const capacity = { requiredBytes: 4 * MiB };
/** Shares of an OSD's room: what warns, what stops refilling, what stops writes. An empty OSD of the lab holds more than the small ones. */
const ratios = { usual: ["0.85", "0.9", "0.95"], full: ["0.00001", "0.00002", "0.00003"] } as const;

describe.runIf(live)("a cluster that is full by its ratio", { timeout: 300_000 }, () => {
  let lab: LabNamespace;
  beforeAll(async () => {
    lab = await openNamespace("ratio", "native");
  }, 60_000);
  afterAll(() => lab.remove(), 180_000);

  const setRatios = async (which: keyof typeof ratios): Promise<void> => {
    const [nearFull, backfillFull, full] = ratios[which];
    // Each must be above the one before it at any time.
    const steps: (readonly [string, string])[] = [
      ["set-nearfull-ratio", nearFull],
      ["set-backfillfull-ratio", backfillFull],
      ["set-full-ratio", full],
    ];
    for (const [command, ratio] of which === "full" ? steps : steps.reverse()) await adminCeph(["osd", command, ratio]);
    const isFull = async (): Promise<boolean> => (await flagsOf("dock")).includes("full");
    await expect.poll(isFull, { timeout: 60_000, interval: 500 }).toBe(which === "full");
  };

  it("refuses a create at once and in words, answers reads, deletes, and goes on when there is room", async () => {
    const { driver } = lab;
    const kept = await driver.createVolume({ name: uniqueName("kept"), capacity });
    const gone = await driver.createVolume({ name: uniqueName("gone"), capacity });
    try {
      await setRatios("full");
      const startedAt = performance.now();
      const refused = await failureOf(driver.createVolume({ name: uniqueName("refused"), capacity }));
      expect([refused?.code, refused?.reason]).toEqual(["RESOURCE_EXHAUSTED", "backend-full"]);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      expect((await driver.getVolume({ id: kept.id })).state).toBe("available");
      await driver.deleteVolume({ id: gone.id });
      expect((await failureOf(driver.getVolume({ id: gone.id })))?.code).toBe("NOT_FOUND");
    } finally {
      await setRatios("usual");
    }
    const after = await driver.createVolume({ name: uniqueName("after"), capacity });
    for (const { id } of [kept, after]) await driver.deleteVolume({ id });
  });
});

/** The flags of a pool, as `full`, `backfillfull` and others stand among them. */
async function flagsOf(pool: string): Promise<readonly string[]> {
  const pools: unknown = JSON.parse(await adminCeph(["osd", "pool", "ls", "detail", "--format=json"]));
  const found: unknown = Array.isArray(pools) ? pools.find((one: unknown) => typeof one === "object" && one !== null && "pool_name" in one && one.pool_name === pool) : undefined;
  return typeof found === "object" && found !== null && "flags_names" in found ? String(found.flags_names).split(",") : [];
}
