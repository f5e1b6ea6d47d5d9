import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Device } from "../../model/attachment.js";
import { claim, deviceBytes, listDirectory, readAttribute, readBlockDevice } from "../block-device.js";
import { complaint, hasTool, installHint, run } from "../command.js";
import { wouldShrink } from "../grow-failed.js";
import { deviceHeld } from "../held.js";
import { hasKernelModule } from "../kernel-module.js";
import { readImageBytes } from "../image-size.js";
import { flushDevice } from "../loop-devices.js";
import type { KnownImage } from "../known-image.js";
import { imageDirectory, imageSource, rbdFailure, writeCephFiles } from "../rbd-credentials.js";
import { forgetPassphrase, readHeaderBytes, readPassphrase, writeEncryptionFiles } from "../rbd-encryption.js";
import type { Connector, ConnectorSite, Disconnector } from "./connector.js";

const method = "rbd-nbd";

/**
 * librbd in a process behind a network block device. Neither the kernel nor rbd-nbd's own list knows the cluster or the
 * image's id; but the server's arguments name the `ceph.conf` that was written for exactly this image, and so tell.
 */
export function rbdNbdConnector(site: ConnectorSite): Connector<KnownImage> & Disconnector {
  const directoryOf = (source: string): string => `${imageDirectory(site.runtimeDir, source)}-nbd`;
  const find = async (source: string): Promise<Device | undefined> => {
    const nbd = (await readNbdDevices()).find(({ argv }) => argv.includes(join(directoryOf(source), "ceph.conf")));
    return nbd && { path: nbd.path, number: nbd.number, method, source, bootId: site.bootId, readOnly: nbd.readOnly };
  };

  return {
    method,
    unavailable: async (info) => {
      if (!(await hasKernelModule("nbd"))) return "the kernel has no nbd module";
      if (!(await hasTool("rbd-nbd"))) return `rbd-nbd is missing (${installHint("rbd-nbd")})`;
      return /[/@]/.test(info.image + info.pool + info.namespace) ? "rbd-nbd takes no names with / or @ in them" : undefined;
    },
    find: async (info) => {
      const device = await find(imageSource(info));
      return device && { device, ending: false };
    },
    attach: async ({ info, readOnly, existing }, _lock, ctx) => {
      if (existing !== undefined) return existing;
      const source = imageSource(info);
      const directory = directoryOf(source);
      const passphrase = await readPassphrase(info, ctx);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const conf = await writeCephFiles(directory, info, ctx);
      const encryption = await writeEncryptionFiles(directory, info, passphrase);
      const unlock = encryption === undefined ? [] : ["--encryption-format", encryption.format, "--encryption-passphrase-file", encryption.passphraseFile];
      await ctx.step("rbd-nbd-map");
      const image = [info.pool, ...(info.namespace === "" ? [] : [info.namespace]), info.image].join("/");
      // The lock is not handed on: the server stays.
      const result = await run(ctx, "rbd-nbd", ["--conf", conf, "--id", info.user, ...(readOnly ? ["--read-only"] : []), ...unlock, "map", image]).finally(() => forgetPassphrase(directory));
      const device = await find(source);
      if (device !== undefined) return device;
      await rm(directory, { recursive: true, force: true });
      if (/failed to find unused device|failed to load nbd|modprobe: /i.test(result.stderr)) {
        return { unsuitable: "the nbd module cannot be loaded, or all its devices are in use" };
      }
      throw rbdFailure(info, method, complaint("rbd-nbd", result), ctx);
    },
    isPresent: async (device) => (await find(device.source))?.path === device.path,
    grow: async (device, _lock, ctx) => {
      const nbd = (await readNbdDevices()).find(({ path }) => path === device.path);
      const userAt = nbd?.argv.indexOf("--id") ?? -1;
      const directory = directoryOf(device.source);
      const conf = join(directory, "ceph.conf");
      const imageBytes = await readImageBytes({ conf, user: nbd?.argv[userAt + 1] ?? "", source: device.source, pool: poolOf(nbd?.argv ?? []) }, ctx);
      const wantedBytes = imageBytes - (await readHeaderBytes(directory));
      const sizeBytes = await deviceBytes(device.path);
      if (wantedBytes < sizeBytes) throw wouldShrink(ctx, device.path, sizeBytes, wantedBytes);
      // The server hears of the new size from the cluster and tells the kernel; nothing makes it look.
      while ((await deviceBytes(device.path)) < wantedBytes) await sleep(20, undefined, { signal: ctx.signal });
    },
    detach: async (device, lock, ctx) => {
      // rbd-nbd itself would end the device under a mounted file system.
      const claimed = await claim(device.path);
      if (claimed === undefined) throw await deviceHeld(ctx, device.path, { doing: "cannot detach" });
      try {
        await flushDevice(device.path, ctx);
      } finally {
        await claimed.release();
      }
      await ctx.step("rbd-nbd-unmap");
      const result = await run(ctx, "rbd-nbd", ["unmap", device.path], { lockFd: lock.fd });
      if (result.exitCode !== 0 && (await find(device.source)) !== undefined) {
        throw ctx.fail("UNAVAILABLE", "detach-failed", `cannot unmap ${device.path}: ${complaint("rbd-nbd", result)}`);
      }
      while ((await find(device.source)) !== undefined) await sleep(20, undefined, { signal: ctx.signal });
      await rm(directoryOf(device.source), { recursive: true, force: true });
    },
  };
}

/** The pool in the image's name, which is a server's last argument. */
const poolOf = (argv: readonly string[]): string => argv.at(-1)?.split("/")[0] ?? "";

/** A connected network block device and the arguments of the process that serves it. */
export interface NbdDevice {
  readonly path: string;
  readonly number: string;
  readonly readOnly: boolean;
  readonly argv: readonly string[];
}

/** Reads the connected network block devices. */
export async function readNbdDevices(sysfs = "/sys", proc = "/proc"): Promise<readonly NbdDevice[]> {
  const devices: NbdDevice[] = [];
  for (const name of await listDirectory(join(sysfs, "block"))) {
    if (!/^nbd\d+$/.test(name)) continue;
    const pid = await readAttribute(join(sysfs, "block", name, "pid"));
    const block = await readBlockDevice(name, sysfs);
    if (pid === undefined || block === undefined) continue;
    const cmdline = await readFile(join(proc, pid, "cmdline"), "utf8").catch(() => "");
    devices.push({ path: `/dev/${name}`, number: block.number, readOnly: block.readOnly, argv: cmdline.split("\0").filter((arg) => arg !== "") });
  }
  return devices;
}
