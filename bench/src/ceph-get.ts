import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { GiB, hostId, MiB, volumeId, type Volume, type VolumeId } from "@opensds/core";
import type { CephBench } from "./ceph-bench.js";
import { compare, eachChecked, namesOf } from "./ceph-compare.js";
import { cliName, librbdName, oursName } from "./ceph-create.js";
import type { BenchRow } from "./row.js";

/** State, size, metadata and attachments of one volume, against opening an image to read its size and metadata. */
export async function benchGet(bench: CephBench): Promise<readonly BenchRow[]> {
  const { amounts, driver, librbd, rbd, place } = bench;
  const total = amounts.rounds * amounts.calls;
  const volumes: Volume[] = [];
  for (let index = 0; index < total; index += 1) volumes.push(await driver.getVolume({ name: oursName(index) }));
  const idOf = (index: number): VolumeId => volumes[index]?.id ?? volumeId("");
  // There are fewer volumes than reads.
  const of = (nameOf: (index: number) => string) => (index: number) => nameOf(index % total);
  return compare(
    "getVolume",
    { rounds: amounts.rounds, perRound: amounts.reads },
    async (first, count) => {
      await seesOthers(bench, of(oursName)(first));
      const getAll = eachChecked((index) => driver.getVolume({ id: idOf(index % total) }), (found, index) => deepStrictEqual(found, volumes[index % total]));
      return getAll(first, count);
    },
    [
      {
        ...{ peerName: "librbd", peerVersion: librbd.version, target: 0.15 },
        side: async (first, count) => {
          const { ms, value } = await librbd.ask({ op: "look", names: namesOf(of(librbdName), first, count) });
          deepStrictEqual(value, { sizeBytes: GiB, metadata: {} });
          return ms;
        },
      },
      {
        ...{ peerName: "rbd CLI", peerVersion: place.version, target: 0.03 },
        side: eachChecked(
          async (index): Promise<unknown> => JSON.parse(await rbd("info", of(cliName)(index), "--format", "json")),
          (printed) => strictEqual(typeof printed === "object" && printed !== null && "size" in printed && printed.size, GiB),
        ),
      },
    ],
  );
}

/** What another process does between two reads is seen by the second: a resize, and a detach. */
async function seesOthers({ driver, other, librbd }: CephBench, name: string): Promise<void> {
  const before = await driver.getVolume({ name });
  const grown = (before.sizeBytes ?? 0) + 4 * MiB;
  const image = `opensds.${name}`;
  await librbd.ask({ op: "resize", names: [image], size: grown });
  strictEqual((await driver.getVolume({ id: before.id })).sizeBytes, grown);
  await librbd.ask({ op: "resize", names: [image], size: before.sizeBytes });
  strictEqual((await driver.getVolume({ id: before.id })).sizeBytes, before.sizeBytes);

  const connector = { hostId: hostId("bench-host"), hostName: "bench", bootId: "bench" };
  const { attachment } = await other.connectVolume({ volumeId: before.id, connector });
  strictEqual((await driver.getVolume({ id: before.id })).state, "in-use");
  await other.disconnectVolume({ volumeId: before.id, attachmentId: attachment.id });
  deepStrictEqual(await driver.getVolume({ id: before.id }), before);
}
