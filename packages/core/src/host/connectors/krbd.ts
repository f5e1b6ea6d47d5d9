import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "../../model/attachment.js";
import { deviceBytes, listDirectory, readAttribute, readBlockDevice } from "../block-device.js";
import { complaint, hasTool, installHint, run } from "../command.js";
import { growFailed, wouldShrink } from "../grow-failed.js";
import { deviceHeld } from "../held.js";
import { hasKernelModule } from "../kernel-module.js";
import type { KnownImage } from "../known-image.js";
import { unmappableFeatures } from "../krbd-features.js";
import { imageDirectory, imageSource, rbdFailure, writeCephFiles } from "../rbd-credentials.js";
import type { Connector, ConnectorSite, Disconnector } from "./connector.js";

const method = "krbd";

/** The kernel's own RBD client. */
export function krbdConnector(site: ConnectorSite): Connector<KnownImage> & Disconnector {
  const find = async (source: string): Promise<Device | undefined> =>
    (await readKrbdDevices("/sys", site.bootId)).find((device) => device.source === source);

  return {
    method,
    unavailable: async (info) => {
      if (info.encryption !== undefined) return "the kernel's client cannot decrypt what librbd encrypts: list rbd-nbd or fuse-loop in the backend's attach";
      if (!(await hasKernelModule("rbd"))) return "the kernel has no rbd module";
      return (await hasTool("rbd")) ? undefined : `the rbd command is missing (${installHint("rbd")})`;
    },
    find: async (info) => {
      const device = await find(imageSource(info));
      return device && { device, ending: false };
    },
    attach: async ({ info, readOnly, existing }, lock, ctx) => {
      if (existing !== undefined) return existing;
      const directory = `${imageDirectory(site.runtimeDir, imageSource(info))}-krbd`;
      await mkdir(directory, { recursive: true, mode: 0o700 });
      try {
        const conf = await writeCephFiles(directory, info, ctx);
        await ctx.step("rbd-map");
        const where = [`--pool=${info.pool}`, ...(info.namespace === "" ? [] : [`--namespace=${info.namespace}`]), `--image=${info.image}`];
        // noudev: the node comes from the kernel's devtmpfs; waiting for udev hangs where there is none.
        const args = ["device", "map", "--device-type", "krbd", "--options", "noudev", ...(readOnly ? ["--read-only"] : []), ...where];
        const result = await run(ctx, "rbd", ["--conf", conf, "--id", info.user, ...args], { lockFd: lock.fd });
        if (result.exitCode !== 0) {
          const unsuitable = whyNoModule(result.stderr) ?? whyNotMappable(await unmappableFeatures(info, conf, ctx));
          if (unsuitable !== undefined) return { unsuitable };
          throw rbdFailure(info, method, complaint("rbd", result), ctx);
        }
      } finally {
        // The kernel has what it needs; the credentials need not lie about.
        await rm(directory, { recursive: true, force: true });
      }
      const device = await find(imageSource(info));
      if (device !== undefined) return device;
      throw ctx.fail("INTERNAL", "attach-failed", `rbd says that ${info.image} is mapped, and the kernel shows no device of it`);
    },
    isPresent: async (device) => {
      const there = await find(device.source);
      return there?.path === device.path && there.number === device.number;
    },
    grow: async (device, lock, ctx) => {
      const before = await deviceBytes(device.path);
      await ctx.step("rbd-refresh");
      // The kernel hears of a new size by itself, a moment later; this makes it look now. In a program: a dead cluster hangs it.
      const refresh = `/sys/bus/rbd/devices/${device.path.slice("/dev/rbd".length)}/refresh`;
      const result = await run(ctx, "sh", ["-c", 'echo 1 > "$1"', "sh", refresh], { lockFd: lock.fd });
      if (result.exitCode !== 0) throw growFailed(ctx, `the kernel cannot read the size of the image behind ${device.path} anew: ${complaint("sh", result)}`);
      const after = await deviceBytes(device.path);
      if (after < before) throw wouldShrink(ctx, device.path, before, after);
    },
    detach: async (device, lock, ctx) => {
      await ctx.step("rbd-unmap");
      // The kernel itself refuses while anything has the device open, so no claim is needed.
      const args = ["device", "unmap", "--device-type", "krbd", "--options", "noudev", device.path];
      const result = await run(ctx, "rbd", args, { lockFd: lock.fd });
      const there = await find(device.source);
      if (there?.path !== device.path) return;
      if (/busy|\(16\)/i.test(result.stderr)) throw await deviceHeld(ctx, device.path, { doing: "cannot detach" });
      throw ctx.fail("UNAVAILABLE", "detach-failed", `cannot unmap ${device.path}: ${complaint("rbd", result)}`);
    },
  };
}

/** What `rbd map` says when this kernel can map no image at all; undefined when something else went wrong. */
export const whyNoModule = (stderr: string): string | undefined =>
  /Module rbd not found|failed to load rbd kernel module|modprobe: /i.test(stderr) ? "the kernel's rbd module cannot be loaded" : undefined;

/** The kernel itself says only "no such device"; so it is asked what it can map, and the image what it has. */
const whyNotMappable = (features: readonly string[]): string | undefined =>
  features.length === 0 ? undefined : `the image has features that this kernel does not know: ${features.join(", ")} (rbd feature disable takes some away)`;

/** Reads the kernel's RBD devices; maps of snapshots are left out, they are no volume's device. */
export async function readKrbdDevices(sysfs: string, bootId: string): Promise<readonly Device[]> {
  const root = join(sysfs, "bus/rbd/devices");
  const devices: Device[] = [];
  for (const id of await listDirectory(root)) {
    const attribute = async (name: string): Promise<string> => (await readAttribute(join(root, id, name))) ?? "";
    const [fsid, poolId, namespace, imageId, snapshot] = await Promise.all(
      ["cluster_fsid", "pool_id", "pool_ns", "image_id", "current_snap"].map(attribute),
    );
    const block = await readBlockDevice(`rbd${id}`, sysfs);
    if (block === undefined || snapshot !== "-") continue;
    const source = [fsid, poolId, imageId, namespace].join("/");
    devices.push({ path: `/dev/rbd${id}`, number: block.number, method, source, bootId, readOnly: block.readOnly });
  }
  return devices;
}

