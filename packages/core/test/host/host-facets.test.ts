import { spawnSync } from "node:child_process";
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  defineDriver,
  hostId,
  openBackends,
  requireFacets,
  snapshotId,
  volumeId,
  type BackendManifest,
  type Connection,
  type Snapshot,
  type StandardSchema,
} from "@opensds/core";
import { canAttach, memoryJournal, MiB, must, openBench, type Bench } from "./support.js";

const anything: StandardSchema<object> = { "~standard": { version: 1, vendor: "test", validate: () => ({ value: {} }) } };
const manifest: BackendManifest = {
  kind: "fake",
  limits: { nameBytes: 128, granularityBytes: 1, minVolumeBytes: 1, maxVolumeBytes: 2 ** 40 },
  nameUniqueness: "guaranteed",
  accessModes: ["single-writer"],
  protocols: ["file"],
  parameters: {},
};
const nothing = (): Promise<never> => Promise.reject(new Error("not part of this"));

/** A dock's driver over one attached file, on this machine's real host half. */
async function dock(bench: Bench, connection: Connection, cut: (request: object) => void) {
  const fake = defineDriver({
    kind: "fake",
    config: anything,
    facets: { always: ["snapshots", "expansion"], maybe: [] },
    connect: () =>
      Promise.resolve({
        manifest,
        createVolume: nothing,
        getVolume: nothing,
        listVolumePage: nothing,
        deleteVolume: nothing,
        connectVolume: nothing,
        disconnectVolume: nothing,
        listConnections: ({ volumeId: id }: { volumeId?: string | undefined }) => Promise.resolve(id === connection.attachment.volumeId ? [connection] : []),
        readFormat: () => Promise.resolve(null),
        writeFormat: nothing,
        close: () => Promise.resolve(),
        expansion: { expandVolume: nothing },
        snapshots: {
          createSnapshot: (request: { readonly name: string; readonly sourceVolumeId: Snapshot["sourceVolumeId"] }) => {
            cut(request);
            const { name, sourceVolumeId } = request;
            return Promise.resolve<Snapshot>({ id: snapshotId("s"), name, sourceVolumeId, sizeBytes: 1, readyToUse: true, createdAt: "2026-01-01T00:00:00Z" });
          },
          getSnapshot: nothing,
          listSnapshotPage: nothing,
          deleteSnapshot: nothing,
          revertVolume: nothing,
        },
      }),
  });
  const host = { runtimeDir: bench.runtimeDir };
  const driver = (await openBackends({ backends: { b: { fake_driver: {} } }, host }, { drivers: [fake] })).get("b");
  await driver.setup();
  onTestFinished(() => driver.unset());
  return requireFacets(driver, "snapshots", "expansion");
}

describe.skipIf(!canAttach)("the host half of facets, called on a driver", () => {
  it("freezes what is mounted while the backend cuts a snapshot, which hears nothing of it", async () => {
    const bench = await openBench();
    const connection = await bench.fileVolume("a");
    const attachment = await bench.host.attach(connection, "b");
    const directory = await bench.mountPoint("m");
    const mount = await bench.host.mount({ attachment, directory }, memoryJournal());
    onTestFinished(() => void spawnSync("fsfreeze", ["--unfreeze", directory]));
    const seen: unknown[] = [];
    const driver = await dock(bench, connection, (request) => {
      const write = spawnSync("timeout", ["-s", "KILL", "0.3", "touch", join(directory, "probe")], { stdio: "ignore" });
      seen.push(request, write.status === 0);
    });
    const request = { name: "n", sourceVolumeId: connection.attachment.volumeId };
    await driver.snapshots.createSnapshot({ ...request, freeze: { timeoutMs: 10_000 } });
    expect(seen.splice(0)).toEqual([request, false]);
    await driver.snapshots.createSnapshot(request);
    expect(seen.splice(0)).toEqual([request, true]);
    const elsewhere = { name: "n", sourceVolumeId: volumeId("another") };
    await driver.snapshots.createSnapshot({ ...elsewhere, freeze: { timeoutMs: 10_000 } });
    expect(seen).toEqual([elsewhere, true]);
    await expect(driver.snapshots.createSnapshot({ ...request, freeze: { timeoutMs: 0 } })).rejects.toMatchObject({ reason: "bad-request" });
    await bench.host.unmount(mount);
    await bench.host.detach(attachment);
  });

  it("grows the device of an attachment of this host, and of no other", async () => {
    const bench = await openBench();
    const connection = await bench.fileVolume("a");
    const record = await bench.host.attach(connection, "b");
    const driver = await dock(bench, connection, () => undefined);
    await truncate(join(bench.directory, "a.img"), 96 * MiB);
    expect(await driver.expansion.growAttachment(record)).toEqual(record);
    expect(Number(must("blockdev", "--getsize64", record.device?.path ?? ""))).toBe(96 * MiB);
    const other = { ...record, attachment: { ...record.attachment, hostId: hostId("another") } };
    await expect(driver.expansion.growAttachment(other)).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "attachment-on-other-host", outcome: "none" });
    await bench.host.detach(record);
  });
});
