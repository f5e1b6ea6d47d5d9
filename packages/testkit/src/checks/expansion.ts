import { requireFacets, type AttachmentRecord, type DriverWith, type ExpandVolumeResult, type Volume } from "@opensds/core";
import { readFile, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { possibleSize } from "../run/sizes.js";
import { expectContent, sizeOf, writePatches } from "./support/contents.js";
import { deviceOf } from "./support/device-bytes.js";
import { refusedWith } from "./support/refusal.js";
import { identityOf } from "./support/volumes.js";

const attached = { code: "FAILED_PRECONDITION", reason: "volume-in-use", outcome: "none" } as const;
/** A process without the right to grow a mounted file system is told so; mounting grows it then. */
const notWhileMounted = { code: "FAILED_PRECONDITION", reason: "grow-failed", outcome: "applied" } as const;

/** Growing volumes. */
export const expansionChecks: readonly Check[] = [
  {
    id: "EXPANSION-1",
    family: "expansion",
    level: "basic",
    title: "A volume grows to the first size that the request allows, one that is large enough stays, and a limit below its size is refused",
    rules: ["SB-EXPAND-1", "SB-EXPAND-2"],
    facets: ["expansion"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "expansion");
      const { granularityBytes, maxVolumeBytes } = ctx.manifest.limits;
      const { small } = ctx.sizes;
      const larger = small + 2 * granularityBytes;
      if (larger > maxVolumeBytes) ctx.skip("this backend has only one or two sizes");
      const volume = await ctx.create("grows");
      const { id } = volume;
      const expected: Volume = { ...volume, sizeBytes: larger };

      // Between two possible sizes, so that it has to be rounded up.
      const grown = await driver.expansion.expandVolume({ id, capacity: { requiredBytes: larger - granularityBytes + 1, limitBytes: larger } });
      ctx.equal(identityOf(grown.volume), identityOf(expected), "the grown volume");
      const other = requireFacets(await ctx.open(), "expansion");
      ctx.equal(identityOf(await other.getVolume({ id })), identityOf(expected), "the grown volume read by another driver");
      for (const [what, capacity] of [
        ["the same size", { requiredBytes: larger }],
        ["a smaller size", { requiredBytes: small }],
        ["a range that holds its size", { requiredBytes: small, limitBytes: larger }],
      ] as const) {
        const again = await other.expansion.expandVolume({ id, capacity });
        ctx.equal(identityOf(again.volume), identityOf(expected), `what expandVolume to ${what} returned`);
      }
      for (const capacity of [{ requiredBytes: small, limitBytes: small }, { limitBytes: larger - granularityBytes }]) {
        const call = driver.expansion.expandVolume({ id, capacity });
        await ctx.expectError(call, { code: "OUT_OF_RANGE", outcome: "none" }, "expandVolume with a limitBytes below the volume's size");
      }
      ctx.equal(identityOf(await other.getVolume({ id })), identityOf(expected), "the volume after the refusals");
    },
  },
  {
    id: "EXPANSION-2",
    family: "expansion",
    level: "basic",
    title: "Growing asks for the host's step while an attachment is recorded, also when there is nothing to grow, and otherwise not",
    rules: ["SB-EXPAND-5"],
    needs: ["connect"],
    facets: ["expansion"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "expansion");
      const step = ctx.manifest.limits.granularityBytes;
      const volume = await ctx.create("steps");
      const expand = (requiredBytes: number): Promise<ExpandVolumeResult> => driver.expansion.expandVolume({ id: volume.id, capacity: { requiredBytes } });
      const size = sizeOf(volume);
      ctx.equal((await expand(size + step)).hostStep, "none", "hostStep of a volume that was never attached");

      const { attachment } = await driver.connectVolume({ volumeId: volume.id, connector: ctx.otherHost("has") });
      const growing = expand(size + 2 * step);
      if (!(await refusedWith(ctx, growing, attached, "expandVolume of an attached volume"))) {
        ctx.equal((await growing).hostStep, "required", "hostStep of an attached volume");
        ctx.equal((await expand(size)).hostStep, "required", "hostStep of an attached volume that has its size");
      }
      await driver.disconnectVolume({ volumeId: volume.id, attachmentId: attachment.id });
      ctx.equal((await expand(size + 2 * step)).hostStep, "none", "hostStep after the attachment was given up");
    },
  },
  {
    id: "EXPANSION-3",
    family: "expansion",
    level: "basic",
    title: "Growing leaves every byte, the new ones read as zeros, and the device follows, also when it is told twice",
    rules: ["SB-EXPAND-3", "SB-EXPAND-4"],
    needs: ["device"],
    facets: ["expansion"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "expansion");
      const volume = await ctx.create("bytes");
      const size = sizeOf(volume);
      const larger = size + ctx.manifest.limits.granularityBytes;
      const patches = [0, size - 4096].map((offsetBytes) => ({ offsetBytes, bytes: ctx.random.bytes(4096) }));
      let record = await driver.attachVolume({ volumeId: volume.id });
      await writePatches(deviceOf(record), patches);
      record = await growAttached(ctx, driver, record, larger);
      for (const how of ["once", "twice"]) {
        record = await driver.expansion.growAttachment(record);
        await expectContent(ctx, deviceOf(record), larger, patches, `the device after growAttachment ${how}`);
      }
      await driver.detachVolume(record);
      const again = await driver.attachVolume({ volumeId: volume.id });
      await expectContent(ctx, deviceOf(again), larger, patches, "the volume attached anew");
      await driver.detachVolume(again);
    },
  },
  {
    id: "EXPANSION-4",
    family: "expansion",
    level: "basic",
    title: "A mounted file system grows with its volume and keeps its files",
    rules: ["SB-EXPAND-4"],
    needs: ["device"],
    facets: ["expansion"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "expansion");
      const volume = await ctx.create("mounted", ctx.sizes.data);
      const size = sizeOf(volume);
      const larger = possibleSize(ctx.manifest.limits, 2 * size);
      const directory = await ctx.temporaryDirectory();
      let record = await driver.attachVolume({ volumeId: volume.id });
      let mount = await driver.mountVolume({ attachment: record, directory });
      const bytes = ctx.random.bytes(200_000);
      await writeFile(join(directory, "kept"), bytes);
      const before = await fileSystemBytes(directory);

      const capacity = { requiredBytes: larger };
      const growing = driver.expansion.expandVolume({ id: volume.id, capacity });
      if (await refusedWith(ctx, growing, attached, "expandVolume of an attached volume")) {
        await driver.unmountVolume(mount);
        await driver.detachVolume(record);
        await driver.expansion.expandVolume({ id: volume.id, capacity });
        record = await driver.attachVolume({ volumeId: volume.id });
        mount = await driver.mountVolume({ attachment: record, directory });
      }
      for (const how of ["once", "twice"]) {
        const grown = driver.expansion.growAttachment(record);
        if (await refusedWith(ctx, grown, notWhileMounted, "growAttachment of a mounted volume")) {
          await driver.unmountVolume(mount);
          mount = await driver.mountVolume({ attachment: record, directory });
        }
        record = await grown.catch(() => record);
        const after = await fileSystemBytes(directory);
        // What a file system keeps for itself grows with it.
        ctx.ok(after - before > 0.8 * (larger - size), `the file system grew by about ${larger - size} bytes after growAttachment ${how}`, after - before);
        const read = await readFile(join(directory, "kept"));
        ctx.ok(read.equals(bytes), "the file is as it was", `${read.length} bytes`);
      }
      await driver.unmountVolume(mount);
      await driver.detachVolume(record);
    },
  },
];

/** Grows a volume that is attached here; where the backend does not, while it is not. */
async function growAttached(ctx: CheckContext, driver: DriverWith<"expansion">, record: AttachmentRecord, requiredBytes: number): Promise<AttachmentRecord> {
  const { volumeId } = record.attachment;
  const growing = driver.expansion.expandVolume({ id: volumeId, capacity: { requiredBytes } });
  if (!(await refusedWith(ctx, growing, attached, "expandVolume of an attached volume"))) return record;
  await driver.detachVolume(record);
  await driver.expansion.expandVolume({ id: volumeId, capacity: { requiredBytes } });
  return driver.attachVolume({ volumeId });
}

async function fileSystemBytes(directory: string): Promise<number> {
  const { blocks, bsize } = await statfs(directory);
  return blocks * bsize;
}
