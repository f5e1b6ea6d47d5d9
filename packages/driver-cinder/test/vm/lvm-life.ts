import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GiB, MiB, openBackends, requireFacets, SouthboundError, type AttachmentRecord, type VolumeId } from "@opensds/core";
import { cinder, type CinderOptions } from "@opensds/driver-cinder";
import { deviceBytes, must, note, sha256 } from "@opensds/lab/guest";

/** What the test on the host asks for. */
export interface LvmOrder {
  readonly options: CinderOptions;
  readonly volumeType: string;
}

/** Runs in the virtual machine that Cinder's LVM backend is in too: one volume, from its create to its last trace, through the public driver. */
const { options, volumeType } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as LvmOrder;
// Cinder starts a program for most of what it does here, and emulated each takes seconds.
const timeoutMs = 240_000;
const backends = await openBackends({ host: { runtimeDir: "/run/opensds" }, timeoutMs, backends: { lvm: { cinder_driver: options } } }, { drivers: [cinder] });
await backends.get("lvm").setup();
const driver = requireFacets(backends.get("lvm"), "expansion");
try {
  await life();
} finally {
  await backends.unset();
}

async function life(): Promise<void> {
  const made = await driver.createVolume({ name: `lvm-${randomUUID()}`, capacity: { requiredBytes: GiB }, parameters: { volumeType } });
  assert.equal(made.state, "available");
  assert.deepEqual(logicalVolumes(), [`volume-${made.id}`]);
  note("created");

  const record = await attach(made.id);
  const path = pathOf(record);
  assert.equal(record.device?.method, "iscsi");
  assert.equal(deviceBytes(path), GiB);
  assert.equal((await driver.getVolume({ id: made.id })).state, "in-use");
  assert.equal(sessions().length, 1);
  note(`attached as ${path} through ${sessions().join(", ")}`);

  const directory = "/mnt/lvm";
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "kept");
  const mount = await driver.mountVolume({ attachment: record, directory, fsType: "ext4" });
  writeFileSync(file, randomBytes(4 * MiB), { flush: true });
  const sum = sha256(file);
  note("formatted, mounted, written");

  await driver.unmountVolume(mount);
  await driver.detachVolume(record);
  assert.deepEqual([sessions(), existsSync(path)], [[], false], "something is left of the attachment");
  assert.equal((await driver.getVolume({ id: made.id })).state, "available");
  note("detached, and its session gone");

  const { volume } = await driver.expansion.expandVolume({ id: made.id, capacity: { requiredBytes: 2 * GiB } });
  assert.equal(volume.sizeBytes, 2 * GiB);
  const again = await attach(made.id);
  assert.equal(deviceBytes(pathOf(again)), 2 * GiB);
  const remounted = await driver.mountVolume({ attachment: again, directory });
  assert.equal(sha256(file), sum, "the same data after detach, growth and attach");
  await driver.unmountVolume(remounted);
  await driver.detachVolume(again);
  note("grown, attached again, and read");

  await driver.deleteVolume({ id: made.id });
  assert.deepEqual([sessions(), logicalVolumes()], [[], []], "something is left of the volume");
  note("deleted");
}

/**
 * Attaches, a second time where the first was not answered: Cinder starts a helper of its own at the first attach, and emulated that may take longer
 * than the minute that its API waits for it (`rpc_response_timeout`). The same call again is what the error asks for.
 */
async function attach(volumeId: VolumeId): Promise<AttachmentRecord> {
  try {
    return await driver.attachVolume({ volumeId });
  } catch (thrown) {
    if (!(thrown instanceof SouthboundError) || thrown.recovery !== "retry") throw thrown;
    note(`${thrown.reason}, to be asked again`);
    return driver.attachVolume({ volumeId });
  }
}

/** What Cinder's LVM has in its group, as LVM's own command says. */
function logicalVolumes(): readonly string[] {
  return must("lvs", "--noheadings", "--options", "lv_name").split("\n").map((line) => line.trim()).filter((name) => name !== "");
}

function sessions(): readonly string[] {
  return existsSync("/sys/class/iscsi_session") ? readdirSync("/sys/class/iscsi_session") : [];
}

function pathOf(record: AttachmentRecord): string {
  assert(record.device !== null, "the record has no device");
  return record.device.path;
}
