import { GiB, type Volume } from "@opensds/core";
import type { CephBench } from "./ceph-bench.js";
import { namesOf, spread } from "./ceph-compare.js";

const count = 60;
const lists = 5;
/** How often each is read: a read is short, and only what is done often is compiled to its end. */
const reads = 20;

/**
 * Both long-lived sides do once, unmeasured, what is measured later: a dock and a peer that have just begun compile and connect. What it makes
 * is gone before this ends.
 */
export async function warmUp({ driver, librbd }: CephBench): Promise<void> {
  const theirs = namesOf((index) => `warm-${index}`, 0, count);
  await librbd.ask({ op: "create", names: theirs, size: GiB });
  for (let turn = 0; turn < reads; turn += 1) await librbd.ask({ op: "look", names: theirs });
  await librbd.ask({ op: "trash", names: theirs });
  await librbd.ask({ op: "purge trash", threads: 8 });
  const before = (await librbd.ask({ op: "objects" })).value;

  for (let index = 0; index < count; index += 1) await driver.createVolume({ name: `warm-${index}`, capacity: { requiredBytes: GiB } });
  const volumes: Volume[] = [];
  for (let turn = 0; turn < lists; turn += 1) for await (const volume of driver.listVolumes()) if (turn === 0) volumes.push(volume);
  for (let turn = 0; turn < reads; turn += 1) for (const { id } of volumes) await driver.getVolume({ id });
  await spread(8, 0, volumes.length, async (index) => {
    const id = volumes[index]?.id;
    if (id !== undefined) await driver.deleteVolume({ id });
  });
  await librbd.ask({ op: "wait for objects", count: before });
}
