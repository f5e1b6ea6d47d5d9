import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallContext } from "../../driver/call-context.js";
import type { Device } from "../../model/attachment.js";
import type { VolumeId } from "../../model/ids.js";
import { deviceBytes, listDirectory, readBlockDevice } from "../block-device.js";
import { complaint, hasTool, installHint, run } from "../command.js";
import { growFailed, wouldShrink } from "../grow-failed.js";
import type { HostLock } from "../host-lock.js";
import { readImageBytes } from "../image-size.js";
import { bindLoopDevice, growLoopDevice, listLoopDevices, unbindLoopDevice, type LoopDevice } from "../loop-devices.js";
import type { KnownImage } from "../known-image.js";
import { imageDirectory, imageSource, writeCephFiles } from "../rbd-credentials.js";
import { forgetPassphrase, readHeaderBytes, readPassphrase, writeEncryptionFiles } from "../rbd-encryption.js";
import type { Connector, ConnectorSite, Disconnector } from "./connector.js";
import { abandonStorageDaemons, endStorageDaemons, isServed, readStorageDaemon, startStorageDaemon } from "./storage-daemon.js";

const method = "fuse-loop";

/**
 * Whether librbd, resizing an image that it decrypts, counts the header in: Ceph 16 does, and others cut the volume's end off or add to it if asked
 * in the same way.
 */
const countsHeader = (librbd: string): boolean => librbd.startsWith("1.16.");

/**
 * An RBD image as a file, by a storage daemon of its own, and a loop device over that file: a real block device where the
 * kernel has neither rbd nor nbd. Each image has a directory: `image` (the file), `volume` (whose it is), `ceph.conf`.
 */
export function fuseLoopConnector(site: ConnectorSite): Connector<KnownImage> & Disconnector {
  const imageFile = (source: string): string => join(imageDirectory(site.runtimeDir, source), "image");
  const loopOf = async (image: string, ctx: CallContext): Promise<LoopDevice | undefined> =>
    (await listLoopDevices(ctx)).find(({ file }) => file === image);
  const toDevice = ({ path, number, readOnly }: Omit<LoopDevice, "file" | "fileNumber" | "inode" | "ending">, source: string): Device => ({
    path,
    number,
    method,
    source,
    bootId: site.bootId,
    readOnly,
  });

  /** Takes everything of one image away, in the order in which data flows. */
  const tearDown = async (image: string, lock: HostLock, ctx: CallContext): Promise<void> => {
    const serving = await isServed(image);
    const loop = await loopOf(image, ctx);
    if (loop !== undefined) {
      if (!serving) ctx.log.warn(`the storage daemon behind ${loop.path} is gone: what was not flushed before is lost`);
      await unbindLoopDevice(loop, serving, lock, ctx);
    }
    await ctx.step("end-storage-daemon");
    await endStorageDaemons(image, ctx);
    await rm(join(image, ".."), { recursive: true, force: true });
  };

  return {
    method,
    unavailable: async () => {
      const there = async (path: string): Promise<boolean> => access(path).then(() => true, () => false);
      if (!(await there("/dev/fuse"))) return "the kernel has no FUSE (no /dev/fuse)";
      if (!(await there("/dev/loop-control"))) return "the kernel has no loop devices (no /dev/loop-control)";
      for (const tool of ["qemu-storage-daemon", "fusermount3"] as const) {
        if (!(await hasTool(tool))) return `${tool} is missing (${installHint(tool)})`;
      }
      return undefined;
    },
    find: async (info, ctx) => {
      const source = imageSource(info);
      if ((await listDirectory(imageDirectory(site.runtimeDir, source))).length === 0) return undefined;
      const loop = await loopOf(imageFile(source), ctx);
      return loop && { device: toDevice(loop, source), ending: loop.ending };
    },
    attach: async ({ info, volumeId, readOnly, existing }, lock, ctx) => {
      const source = imageSource(info);
      const directory = imageDirectory(site.runtimeDir, source);
      const image = imageFile(source);
      if (existing !== undefined && (await isServed(image))) return existing;
      // Whatever is there is half-made, or its daemon died.
      if ((await listDirectory(directory)).length > 0) await tearDown(image, lock, ctx);

      const passphrase = await readPassphrase(info, ctx);
      await ctx.step("make-image-directory");
      await mkdir(directory, { recursive: true, mode: 0o700 });
      let started = false;
      try {
        await writeFile(join(directory, "volume"), volumeId);
        await writeFile(image, "", { mode: 0o600 });
        const conf = await writeCephFiles(directory, info, ctx);
        const encryption = await writeEncryptionFiles(directory, info, passphrase);
        await ctx.step("start-storage-daemon");
        await startStorageDaemon(info, { conf, image, encryption }, readOnly, ctx);
        await forgetPassphrase(directory);
        started = true;
      } finally {
        if (!started) {
          await abandonStorageDaemons(image, ctx);
          await rm(directory, { recursive: true, force: true });
        }
      }
      const path = await bindLoopDevice(image, readOnly, lock, ctx);
      const kernel = await readBlockDevice(path.slice("/dev/".length));
      if (kernel !== undefined) return toDevice({ path, number: kernel.number, readOnly: kernel.readOnly }, source);
      throw ctx.fail("INTERNAL", "attach-failed", `${path} vanished while it was made`);
    },
    isPresent: async (device, ctx) => (await loopOf(imageFile(device.source), ctx))?.path === device.path,
    grow: async (device, lock, ctx) => {
      const image = imageFile(device.source);
      const daemon = await readStorageDaemon(image);
      if (daemon === undefined) {
        throw growFailed(ctx, `the storage daemon behind ${device.path} is gone; attach the volume again, which mends it and takes the new size`);
      }
      const imageBytes = await readImageBytes({ ...daemon, source: device.source }, ctx);
      const headerBytes = await readHeaderBytes(imageDirectory(site.runtimeDir, device.source));
      const wantedBytes = imageBytes - headerBytes;
      const sizeBytes = await deviceBytes(device.path);
      if (wantedBytes < sizeBytes) throw wouldShrink(ctx, device.path, sizeBytes, wantedBytes);
      if (wantedBytes === sizeBytes) return;
      if (device.readOnly) {
        throw growFailed(ctx, `${device.path} is read-only and served by a storage daemon: it takes the new size when it is detached and attached again`);
      }
      if (headerBytes > 0 && !countsHeader(daemon.librbd)) {
        throw growFailed(ctx, `${device.path} is encrypted and served through librbd ${daemon.librbd}: it takes the new size when it is detached and attached again`, "none");
      }
      if (sizeBytes < headerBytes) {
        // QEMU takes what was added from the new size, and the header is in one and not in the other: below zero it aborts, with the device.
        throw growFailed(ctx, `${device.path} is smaller than its encryption's header: it takes the new size when it is detached and attached again`, "none");
      }
      await ctx.step("resize-export");
      // The daemon resizes the image to what it is already, and only so learns of it.
      const result = await run(ctx, "truncate", [`--size=${imageBytes}`, "--no-create", image], { lockFd: lock.fd });
      if (result.exitCode !== 0) throw growFailed(ctx, `the storage daemon behind ${device.path} does not take the new size: ${complaint("truncate", result)}`);
      await growLoopDevice(device.path, wantedBytes, lock, ctx);
    },
    detach: (device, lock, ctx) => tearDown(imageFile(device.source), lock, ctx),
    sweep: async (volumeId: VolumeId, lock, ctx) => {
      const root = join(site.runtimeDir, "rbd");
      for (const name of await listDirectory(root)) {
        const image = join(root, name, "image");
        const owner = await readFile(join(root, name, "volume"), "utf8").catch(() => undefined);
        if (owner !== volumeId || (await loopOf(image, ctx)) !== undefined) continue;
        await tearDown(image, lock, ctx);
      }
    },
  };
}
