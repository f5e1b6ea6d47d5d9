import { settle } from "@opensds/core";
import { readFile, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Check } from "../check.js";
import { deviceOf, writeDevice } from "./support/device-bytes.js";
import { mountByHand, runProgram, withPrograms } from "./support/programs.js";
import { digestOfEnds, signatures, wipeStart } from "./support/signatures.js";

/** A mkfs that is killed when it has written its superblock and spoilt the rest, as a kill at the wrong moment does. */
const killedMkfs = [
  'for device in "$@"; do :; done',
  'PATH=$REAL_PATH "${0##*/}" "$@"',
  'PATH=$REAL_PATH dd if=/dev/zero of="$device" bs=4096 seek=1 count=4000 conv=notrunc,fsync status=none',
  "kill -9 $$",
].join("\n");

/** What is formatted, and above all what is not. */
export const formattingChecks: readonly Check[] = [
  {
    id: "MOUNT-4",
    family: "mount",
    level: "basic",
    title: "A device with a partition table, another file system or anything else of somebody's is neither formatted nor mounted",
    rules: ["SB-MOUNT-3"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("somebodys", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const attachment = await driver.attachVolume({ volumeId });
      const device = deviceOf(attachment);
      for (const [what, make] of Object.entries(signatures)) {
        await wipeStart(device);
        await writeDevice(device, 0, make());
        const before = await digestOfEnds(device, ctx.sizes.data);
        for (const request of [{}, { fsType: "ext4" }] as const) {
          const call = driver.mountVolume({ attachment, directory, ...request });
          const error = await ctx.expectError(call, { code: "FAILED_PRECONDITION", outcome: "none" }, `mountVolume of a device with ${what}`);
          ctx.equal(error.reason, "device-not-blank", `the reason why a device with ${what} is not mounted`);
        }
        ctx.equal(await digestOfEnds(device, ctx.sizes.data), before, `the bytes of a device with ${what} after the refused mounts`);
      }
      ctx.equal(await driver.listMounts({ volumeId }), [], "the mounts after the refusals");
      // Nothing was recorded either: blank again, the volume is like a new one.
      await wipeStart(device);
      await driver.unmountVolume(await driver.mountVolume({ attachment, directory }));
      await driver.detachVolume(attachment);
    },
  },
  {
    id: "MOUNT-5",
    family: "mount",
    level: "basic",
    title: "A file system that somebody else made is mounted as it is, with its content and its UUID",
    rules: ["SB-MOUNT-4"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("foreign", ctx.sizes.data)).id;
      const [byHand, directory] = [await ctx.temporaryDirectory(), await ctx.temporaryDirectory()];
      const attachment = await driver.attachVolume({ volumeId });
      const { path } = deviceOf(attachment);
      const fsUuid = randomUUID();
      await runProgram(ctx, "mkfs.ext4", "-q", "-U", fsUuid, path);
      await mountByHand(ctx, "-t", "ext4", path, byHand);
      const content = ctx.random.bytes(100_003);
      await writeFile(join(byHand, "file"), content);
      await runProgram(ctx, "umount", byHand);

      for (const request of [{}, { fsType: "ext4" }, { format: "never" }] as const) {
        const mounted = await driver.mountVolume({ attachment, directory, ...request });
        ctx.equal(mounted.fsUuid, fsUuid, "the UUID of the mounted file system");
        const read = await readFile(join(directory, "file"));
        ctx.ok(read.equals(content), "the file has the content that was written by hand", read.subarray(0, 16));
        await driver.unmountVolume(mounted);
      }
      await driver.detachVolume(attachment);
    },
  },
  {
    id: "MOUNT-6",
    family: "mount",
    level: "basic",
    title: "After a mkfs was killed half-way, the same mount makes the same file system again and mounts it",
    rules: ["SB-MOUNT-5"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("killed", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const attachment = await driver.attachVolume({ volumeId });
      const failed = await withPrograms(ctx, { "mkfs.ext4": killedMkfs }, async () => settle("mountVolume", driver.mountVolume({ attachment, directory })));
      if (failed.ok) return ctx.fail("mountVolume fails when its mkfs.ext4 is killed", failed.value);
      ctx.ok(failed.error.outcome !== "none", "the error does not say that nothing changed", failed.error);
      const left = await runProgram(ctx, "blkid", "--probe", "--output", "value", "--match-tag", "UUID", deviceOf(attachment).path);

      const other = await ctx.open();
      const mounted = await other.mountVolume({ attachment, directory });
      ctx.equal(mounted.fsUuid, left.trim(), "the UUID of the file system, which was recorded before the first mkfs");
      await writeFile(join(directory, "file"), "works");
      await other.unmountVolume(mounted);
      await runProgram(ctx, "e2fsck", "-f", "-n", deviceOf(attachment).path);
      await other.detachVolume(attachment);
    },
  },
  {
    id: "MOUNT-7",
    family: "mount",
    level: "basic",
    title: "A volume that is recorded as formatted is never formatted again, whatever its device bears now; a new one of its name is",
    rules: ["SB-MOUNT-6", "SB-FORMAT-2"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const request = { name: ctx.name("once"), capacity: { requiredBytes: ctx.sizes.data } };
      const directory = await ctx.temporaryDirectory();
      const volumeId = (await driver.createVolume(request)).id;
      const attachment = await driver.attachVolume({ volumeId });
      const first = await driver.mountVolume({ attachment, directory });
      await driver.unmountVolume(first);

      const device = deviceOf(attachment);
      const lost = { code: "FAILED_PRECONDITION", reason: "file-system-lost", outcome: "none" } as const;
      const other = await ctx.open();
      const spoil: Readonly<Record<string, () => Promise<unknown>>> = {
        nothing: () => wipeStart(device),
        "another file system": () => runProgram(ctx, "mkfs.ext4", "-q", "-F", device.path),
      };
      for (const [what, make] of Object.entries(spoil)) {
        await make();
        const before = await digestOfEnds(device, ctx.sizes.data);
        for (const dock of [driver, other]) {
          await ctx.expectError(dock.mountVolume({ attachment, directory }), lost, `mountVolume of a formatted volume that bears ${what}`);
        }
        ctx.equal(await digestOfEnds(device, ctx.sizes.data), before, `the bytes of a formatted volume that bears ${what}`);
      }
      await driver.detachVolume(attachment);
      await driver.deleteVolume({ id: volumeId });

      const heir = await driver.createVolume(request);
      const fresh = await driver.attachVolume({ volumeId: heir.id });
      const mounted = await driver.mountVolume({ attachment: fresh, directory });
      ctx.ok(mounted.fsUuid !== first.fsUuid, "a new volume of the same name gets a file system of its own", mounted);
      await driver.unmountVolume(mounted);
      await driver.detachVolume(fresh);
    },
  },
  {
    id: "MOUNT-8",
    family: "mount",
    level: "full",
    title: "What one process recorded about formatting, another process and a new attachment follow",
    rules: ["SB-FORMAT-2"],
    needs: ["device", "processes"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("recorded", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const worker = await ctx.worker();
      const first = await worker.attachVolume({ volumeId });
      await worker.unmountVolume(await worker.mountVolume({ attachment: first, directory }));
      await wipeStart(deviceOf(first));
      await worker.detachVolume(first);
      await worker.kill();

      const attachment = await driver.attachVolume({ volumeId });
      const lost = { code: "FAILED_PRECONDITION", reason: "file-system-lost", outcome: "none" } as const;
      await ctx.expectError(driver.mountVolume({ attachment, directory }), lost, "mountVolume of a volume that another process formatted");
      await driver.detachVolume(attachment);
    },
  },
];
