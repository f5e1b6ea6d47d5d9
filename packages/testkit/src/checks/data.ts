import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import { cloneDataChecks } from "./data-clones.js";
import { deviceOf, findOnDevice, readDevice, writeDevice } from "./support/device-bytes.js";

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Bytes: what was written is what is read, and nobody else's. */
export const dataChecks: readonly Check[] = [
  {
    id: "DATA-1",
    family: "data",
    level: "basic",
    title: "A file written through a mount has the same SHA-256 after unmount, detach, attach and mount",
    rules: ["SB-DATA-1"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volume = await ctx.create("file", ctx.sizes.data);
      const directory = await ctx.temporaryDirectory();
      const bytes = ctx.random.bytes(1_000_003);

      const before = await driver.attachVolume({ volumeId: volume.id });
      const mounted = await driver.mountVolume({ attachment: before, directory });
      const file = await open(join(directory, "data"), "w");
      await file.writeFile(bytes);
      await file.sync();
      await file.close();
      await driver.unmountVolume(mounted);
      await driver.detachVolume(before);

      const other = await ctx.open();
      const after = await other.attachVolume({ volumeId: volume.id });
      const again = await other.mountVolume({ attachment: after, directory, format: "never" });
      ctx.equal(again.fsUuid, mounted.fsUuid, "the UUID of the file system");
      ctx.equal(sha256(await readFile(join(directory, "data"))), sha256(bytes), "the SHA-256 of the file");
      await other.unmountVolume(again);
      await other.detachVolume(after);
    },
  },
  {
    id: "DATA-2",
    family: "data",
    level: "basic",
    title: "A volume made after another was deleted shows none of its bytes, also under the same name",
    rules: ["SB-DATA-2"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const request = { name: ctx.name("old-bytes"), capacity: { requiredBytes: ctx.sizes.data } };
      const marker = Buffer.from(`left by ${request.name}; `);
      const pattern = Buffer.alloc(2 ** 20, marker);

      const old = await driver.createVolume(request);
      const written = await driver.attachVolume({ volumeId: old.id });
      const offsets = [0, Math.floor(ctx.sizes.data / 2 ** 21) * 2 ** 20, ctx.sizes.data - pattern.length];
      for (const offset of offsets) await writeDevice(deviceOf(written), offset, pattern);
      const there = await findOnDevice(ctx, deviceOf(written), ctx.sizes.data, marker);
      ctx.equal(there, 0, "where the bytes just written stand on the device");
      await driver.detachVolume(written);
      await driver.deleteVolume({ id: old.id });

      for (const name of [request.name, ctx.name("new")]) {
        const fresh = await driver.createVolume({ ...request, name });
        const record = await driver.attachVolume({ volumeId: fresh.id });
        const at = await findOnDevice(ctx, deviceOf(record), ctx.sizes.data, marker);
        ctx.equal(at, undefined, "where a deleted volume's bytes stand on a new one");
        await driver.detachVolume(record);
      }
    },
  },
  {
    id: "DATA-3",
    family: "data",
    level: "basic",
    title: "Bytes that were written and never synchronised are in the volume after the detach",
    rules: ["SB-DATA-3"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("unsynchronised", ctx.sizes.data)).id;
      const writing = await driver.attachVolume({ volumeId });
      const bytes = ctx.random.bytes(2 ** 20);
      const offsets = [0, 2 ** 22, ctx.sizes.data - bytes.length];
      // Into the kernel's cache, and no further: what brings it to the volume is the detach.
      const handle = await open(deviceOf(writing).path, "r+");
      for (const offset of offsets) await handle.write(bytes, 0, bytes.length, offset);
      await handle.close();
      await driver.detachVolume(writing);

      const other = await ctx.open();
      const reading = await other.attachVolume({ volumeId });
      for (const offset of offsets) {
        const read = await readDevice(deviceOf(reading), offset, bytes.length);
        ctx.equal(sha256(read), sha256(bytes), `the SHA-256 of the bytes at ${offset} after the detach`);
      }
      await other.detachVolume(reading);
    },
  },
  ...cloneDataChecks,
];
