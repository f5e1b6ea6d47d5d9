import { GiB, type Backends, type VolumeDriver } from "@opensds/core";
import { clearFilled, clearFilledOne, fillVolumes } from "@opensds/lab";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "./live/lab.js";
import { outsider } from "./live/raw.js";

/** A thousand with `npm test -- --full`. */
const [count, pageSize] = process.env["SB_FULL"] === "1" ? [1_000, 30] : [150, 20];
const prefix = `pages-${process.pid}-`;

describe(`${count} volumes, ${pageSize} a page`, () => {
  let backends: Backends;
  let driver: VolumeDriver;
  let like: { readonly id: string; readonly name: string };
  beforeAll(async () => {
    backends = await openLab();
    await backends.setup();
    driver = backends.get("cloud");
    like = await driver.createVolume({ name: `${prefix}like`, capacity: { requiredBytes: GiB } });
    await fillVolumes(like, count);
  });
  afterAll(async () => {
    await clearFilled(like);
    const { id } = await driver.getVolume({ name: `${prefix}like` });
    await driver.deleteVolume({ id });
    await backends.unset();
  });

  it("are each listed once, also when the volumes that pages end with go meanwhile", async () => {
    const expected = Array.from({ length: count }, (_, index) => `${like.name}-${index + 1}`);
    const seen: string[] = [];
    const cloud = await outsider();
    let pages = 0;
    for await (const { items } of driver.listVolumes({ pageSize }).pages()) {
      expect(items.length).toBeLessThanOrEqual(pageSize);
      seen.push(...items.map(({ name }) => name));
      pages += 1;
      const last = items.at(-1);
      if (pages > 2 || last === undefined || last.id === like.id) continue;
      await clearFilledOne(last.id);
      await expect(cloud.cinder("GET", `/volumes/${last.id}`)).rejects.toThrow("404");
    }
    expect(pages).toBeGreaterThanOrEqual(count / pageSize);
    expect(seen.filter((name) => name.startsWith(`${like.name}-`)).toSorted()).toEqual(expected.toSorted());
  });
});
