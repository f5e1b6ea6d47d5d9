import { spawn } from "node:child_process";
import { once } from "node:events";
import { MiB, requireFacets, type DriverWith, type Volume } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { labConf, live, openNamespace, transports, uniqueName, type LabNamespace } from "./live/lab.js";

const capacity = { requiredBytes: 4 * MiB };
const grown = { requiredBytes: 8 * MiB };

describe.runIf(live).each(transports)("images whose lock a client holds that was killed (%s)", { timeout: 300_000 }, (transport) => {
  let lab: LabNamespace;
  let driver: DriverWith<"expansion" | "groups" | "snapshots" | "sources">;
  beforeAll(async () => {
    // No command waits that long for one answer of the cluster's; for the lock it does.
    lab = await openNamespace("dead-locks", transport, { commandTimeoutMs: 10_000 });
    driver = requireFacets(lab.driver, "expansion", "groups", "snapshots", "sources");
  }, 60_000);
  afterAll(() => lab.remove(), 120_000);

  /** Has a client write to a volume, and kills it with the lock in its hands. */
  const leaveLocked = async ({ name }: Volume): Promise<void> => {
    const image = ["--image", imageNameOf(name)];
    const where = ["--pool", "dock", "--namespace", lab.name, "--conf", labConf(), "--id", "dock"];
    const form = ["--io-type", "write", "--io-total", "64G", "--io-size", "4096", "--io-threads", "1"];
    const holder = spawn("rbd", ["bench", ...form, ...image, ...where], { stdio: "ignore" });
    const ended = once(holder, "exit");
    await expect.poll(() => lab.rbd("lock", "ls", ...image), { timeout: 20_000 }).toContain("client.");
    holder.kill("SIGKILL");
    await ended;
  };

  it("are cut, copied and grown within one call, which waits until the cluster has forgotten it", async () => {
    const volumes: Volume[] = [];
    for (const what of ["cut", "copied", "grown", "grouped"]) volumes.push(await driver.createVolume({ name: uniqueName(what), capacity }));
    const [cut, copied, small, grouped] = volumes;
    if (cut === undefined || copied === undefined || small === undefined || grouped === undefined) throw new Error("four volumes were made");
    const group = await driver.groups.createGroup({ name: uniqueName("group"), volumeIds: [grouped.id] });
    await Promise.all(volumes.map(leaveLocked));

    const [snapshot, clone, large, parts] = await Promise.all([
      driver.snapshots.createSnapshot({ name: uniqueName("cut"), sourceVolumeId: cut.id }),
      driver.createVolume({ name: uniqueName("clone"), capacity, source: { kind: "volume", volumeId: copied.id } }),
      driver.expansion.expandVolume({ id: small.id, capacity: grown }),
      driver.groups.createGroupSnapshot({ name: uniqueName("parts"), groupId: group.id }),
    ]);
    expect(snapshot.sourceVolumeId).toBe(cut.id);
    expect(clone.sizeBytes).toBe(4 * MiB);
    expect(large.volume.sizeBytes).toBe(8 * MiB);
    await driver.groups.deleteGroupSnapshot({ id: parts.id });
    await driver.groups.deleteGroup({ id: group.id });
    await driver.snapshots.deleteSnapshot({ id: snapshot.id });
  });
});
