import { isSouthboundError, MiB, type VolumeDriver } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDock, type Dock, type Ended } from "./live/dock.js";
import { live, openLab, openNamespace, uniqueName, type LabNamespace } from "./live/lab.js";

const names = process.env["SB_FULL"] === "1" ? 50 : 12;
const capacity = { requiredBytes: 4 * MiB };

describe.runIf(live)("two native and two CLI docks on one pool", { timeout: 900_000 }, () => {
  let lab: LabNamespace;
  let docks: readonly Dock[];
  beforeAll(async () => {
    lab = await openNamespace("mixed", "native");
    docks = await Promise.all((["native", "native", "cli", "cli"] as const).map((transport) => startDock(lab.name, transport)));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(docks.map((dock) => dock.stop()));
    await lab.remove();
  }, 180_000);

  const idOf = (ended: Ended): unknown =>
    ended.how === "returned" && typeof ended.value === "object" && ended.value !== null && "id" in ended.value ? ended.value.id : ended;
  const reasonOf = (ended: Ended): string => (ended.how === "failed" && isSouthboundError(ended.error) ? ended.error.reason : ended.how);

  it(`create and delete the same ${names} names at once: one volume for each name, and none lost`, async () => {
    for (let round = 0; round < names; round += 1) {
      const name = uniqueName(`mixed-${round}`);
      const made = await Promise.all(docks.map((dock) => dock.run({ method: "create", of: name, capacity })));
      const ids = new Set(made.map(idOf));
      expect(ids.size, JSON.stringify(made)).toBe(1);
      const [id] = ids;
      expect(id).toBeTypeOf("string");
      const [a, b, c, d] = docks;
      if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("docks are missing");
      // Three delete it, one of each kind and one more, while the fourth makes it again.
      const [again, ...deleted] = await Promise.all([
        (round % 2 === 0 ? a : c).run({ method: "create", of: name, capacity }),
        ...[b, d, round % 2 === 0 ? c : a].map((dock) => dock.run({ method: "delete", of: String(id) })),
      ]);
      expect(deleted.map(reasonOf)).toEqual(["returned", "returned", "returned"]);
      // It came before (the old volume), in the midst (refused), or after (a new one): that one is whole.
      if (again.how === "failed") expect(reasonOf(again)).toBe("volume-deleting");
      const volume = await lab.driver.createVolume({ name, capacity });
      if (again.how === "returned" && idOf(again) !== id) expect(volume.id).toBe(idOf(again));
      expect(volume.id).not.toBe(id);
      expect((await lab.driver.getVolume({ name })).id).toBe(volume.id);
      await lab.driver.deleteVolume({ id: volume.id });
    }
    await expect.poll(() => lab.objects(), { timeout: 60_000, interval: 500 }).toEqual([]);
  });

  it("read the same volumes, on one page natively and on pages of a hundred over commands, which take a hundred times as long for each", async () => {
    const wanted = Array.from({ length: 101 }, () => uniqueName("listed"));
    const volumes = await Promise.all(wanted.map((name) => lab.driver.createVolume({ name, capacity })));
    const overCommands = openLab(lab.name, "cli");
    try {
      const other = (await overCommands).get("ceph");
      await other.setup();
      const pagesOf = async (driver: VolumeDriver): Promise<readonly (readonly string[])[]> => {
        const pages: (readonly string[])[] = [];
        for await (const { items } of driver.listVolumes().pages()) pages.push(items.map(({ id }) => id));
        return pages;
      };
      const [native, commands] = [await pagesOf(lab.driver), await pagesOf(other)];
      expect(native.map((page) => page.length)).toEqual([101]);
      expect(commands.map((page) => page.length)).toEqual([100, 1]);
      expect(commands.flat().sort()).toEqual(native.flat().sort());
    } finally {
      await (await overCommands).unset();
      for (const { id } of volumes) await lab.driver.deleteVolume({ id });
    }
  });
});
