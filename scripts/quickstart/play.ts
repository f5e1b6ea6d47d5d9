import { strictEqual } from "node:assert/strict";
import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes, MiB, supports, type AttachmentRecord, type DriverManifest, type MountRecord, type Volume } from "@opensds/core";
import { sha256Of, short, writeRandomFile } from "./checksum.js";
import type { Stage } from "./stage.js";
import type { Story } from "./story.js";

const fileName = "hello.bin";
const fileMegabytes = 32;
const wantedBytes = 256 * MiB;

/** A size that the backend makes exactly, and one above it: Cinder counts in whole GiB. */
function sizesFor({ limits }: DriverManifest): { readonly sizeBytes: number; readonly grownBytes: number } {
  const sizeBytes = Math.max(wantedBytes, limits.minVolumeBytes);
  return { sizeBytes, grownBytes: sizeBytes + Math.max(wantedBytes / 2, limits.granularityBytes) };
}

/** Why this process cannot attach and mount, or undefined. */
function whyNoDevices(): string | undefined {
  if (process.platform !== "linux") return `attaching and mounting need Linux; this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "attaching and mounting need root; run it with sudo to see them";
  return undefined;
}

/** Takes a volume through its whole life, and proves on the way that its bytes are the bytes written. */
export async function play(stage: Stage, story: Story): Promise<void> {
  const { driver } = stage;
  const { sizeBytes } = sizesFor(await story.tell("set up", () => driver.setup(), (manifest) => `${manifest.kind} driver, backend ${driver.backend}`));
  const before = await stage.outsider?.stored();

  const name = `quickstart ${new Date().toISOString()}`;
  const volume = await story.tell(
    "create a volume",
    () => driver.createVolume({ name, capacity: { requiredBytes: sizeBytes } }),
    ({ sizeBytes: bytes, id }) => `${formatBytes(bytes ?? 0)}, id ${id}`,
  );
  try {
    await story.tell("create it again", () => driver.createVolume({ name, capacity: { requiredBytes: sizeBytes } }), (again) => {
      strictEqual(again.id, volume.id);
      return "the same volume";
    });
    await story.tell("list volumes", () => namesListed(stage), (names) => {
      strictEqual(names.includes(name), true, "the new volume is not in the list");
      return `${names.length} listed, ours among them`;
    });
    const stored = await showToOutsider(stage, story, before);
    const reason = whyNoDevices();
    if (reason === undefined) await useDevice(stage, story, volume, stored);
    else story.skip("attach, make a file system, mount, write, read back", reason);
  } finally {
    await story.finish("delete the volume", () => clearVolume(stage, volume), () => "gone");
  }
  await story.tell("list again", () => namesListed(stage), (names) => {
    strictEqual(names.includes(name), false, "the deleted volume is still listed");
    return "not listed any more";
  });
}

async function namesListed({ driver }: Stage): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const volume of driver.listVolumes()) names.push(volume.name);
  return names;
}

async function showToOutsider({ outsider }: Stage, story: Story, before: readonly string[] | undefined): Promise<string | undefined> {
  if (outsider === undefined || before === undefined) return undefined;
  const find = async (): Promise<string> => {
    const fresh = (await outsider.stored()).filter((name) => !before.includes(name));
    const [image] = fresh;
    if (image === undefined) throw new Error("the stock rbd command does not see the new image");
    return image;
  };
  return story.tell("look with the stock rbd command", find, (image) => `sees ${image}`);
}

async function useDevice(stage: Stage, story: Story, volume: Volume, stored: string | undefined): Promise<void> {
  const { driver } = stage;
  const directory = join(stage.folder, "mnt");
  const file = join(directory, fileName);
  await mkdir(directory);
  const attach = (): Promise<AttachmentRecord> => driver.attachVolume({ volumeId: volume.id });
  const attached = ({ device }: AttachmentRecord): string => `${device?.path ?? "no device"} by ${device?.method ?? "nothing"}`;
  const mount = (attachment: AttachmentRecord) => (): Promise<MountRecord> => driver.mountVolume({ attachment, directory });

  const first = await story.tell("attach", attach, attached);
  const mounted = await story.tell("make a file system and mount", mount(first), ({ fsType }) => `${fsType} at ${directory}`);
  const written = await story.tell(`write ${fileMegabytes} MiB`, () => writeRandomFile(file, fileMegabytes), (sha) => `sha256 ${short(sha)}`);
  await cutSnapshot(stage, story, volume);
  await story.tell("unmount", () => driver.unmountVolume(mounted), () => "unmounted");
  await grow(stage, story, first);
  const raw = await sha256Of(first.device?.path ?? "");
  await story.tell("detach", () => driver.detachVolume(first), () => `${first.device?.path ?? "the device"} is gone`);

  const { outsider } = stage;
  if (outsider !== undefined && stored !== undefined) {
    await story.tell("rbd export", () => outsider.exported(stored, fileName), (exported) => {
      strictEqual(exported.whole, raw, "the exported image differs from the device");
      strictEqual(exported.file, written, "the file in the exported image differs from what was written");
      return "the bytes are the bytes written";
    });
  }

  const second = await story.tell("attach again", attach, attached);
  const again = await story.tell("mount", mount(second), ({ fsType }) => `${fsType}, as it was`);
  await story.tell("read back", () => sha256Of(file), (sha) => {
    strictEqual(sha, written, "the file read back differs from what was written");
    return `sha256 ${short(sha)}: the same`;
  });
  if (supports(driver, "expansion")) {
    const fileSystemBytes = async (): Promise<number> => statfs(directory).then(({ blocks, bsize }) => blocks * bsize);
    await story.tell("look at the file system's size", fileSystemBytes, (bytes) => {
      strictEqual(bytes > sizesFor(driver.manifest).sizeBytes, true, "the file system did not grow with its volume");
      return `${formatBytes(Math.round(bytes / MiB) * MiB)}: it grew with its volume`;
    });
  }
  await story.tell("unmount", () => driver.unmountVolume(again), () => "unmounted");
  await story.tell("detach", () => driver.detachVolume(second), () => `${second.device?.path ?? "the device"} is gone`);
}

/** Snapshots, where the backend has them: cut while the volume is mounted and written to. */
async function cutSnapshot({ driver }: Stage, story: Story, volume: Volume): Promise<void> {
  if (!supports(driver, "snapshots")) return;
  const { snapshots } = driver;
  const request = { name: `${volume.name} snapshot`, sourceVolumeId: volume.id };
  const cut = (): ReturnType<typeof snapshots.createSnapshot> => snapshots.createSnapshot(request);
  const snapshot = await story.tell("cut a snapshot", cut, ({ sizeBytes: bytes }) => `${formatBytes(bytes)}, while mounted`);
  await story.tell("delete the snapshot", () => snapshots.deleteSnapshot({ id: snapshot.id }), () => "gone");
}

/** Growing, where the backend can: the volume first, then its device here; the file system follows at the next mount. */
async function grow({ driver }: Stage, story: Story, record: AttachmentRecord): Promise<void> {
  if (!supports(driver, "expansion")) return;
  const { expansion } = driver;
  const { volumeId } = record.attachment;
  const request = { id: volumeId, capacity: { requiredBytes: sizesFor(driver.manifest).grownBytes } };
  await story.tell("grow the volume", () => expansion.expandVolume(request), ({ volume }) => `to ${formatBytes(volume.sizeBytes ?? 0)}, while attached`);
  await story.tell("let the device follow", () => expansion.growAttachment(record), ({ device }) => device?.path ?? "no device");
}

/** Deletes the volume, after a failure too: whatever still holds it is let go first, by the records that the SDK rebuilds. */
async function clearVolume({ driver }: Stage, volume: Volume): Promise<void> {
  if (whyNoDevices() === undefined) {
    for (const mount of await driver.listMounts({ volumeId: volume.id })) await driver.unmountVolume(mount);
    for (const record of await driver.listAttachments({ volumeId: volume.id })) await driver.detachVolume(record);
  }
  if (supports(driver, "snapshots")) {
    for await (const { id } of driver.snapshots.listSnapshots({ sourceVolumeId: volume.id })) await driver.snapshots.deleteSnapshot({ id });
  }
  await driver.deleteVolume({ id: volume.id });
}
