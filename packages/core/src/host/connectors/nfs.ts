import { join } from "node:path";
import type { CallContext } from "../../driver/call-context.js";
import type { Device } from "../../model/attachment.js";
import type { NfsConnectionInfo } from "../../model/connection.js";
import { readBlockDevice } from "../block-device.js";
import { hasTool, installHint } from "../command.js";
import { growFailed } from "../grow-failed.js";
import type { HostLock } from "../host-lock.js";
import { hasKernelModule } from "../kernel-module.js";
import { bindLoopDevice, growLoopDevice, listLoopDevices, unbindLoopDevice, type LoopDevice } from "../loop-devices.js";
import { exportDirectory, exportedFileBytes, leaveExport, mountExport } from "../nfs-exports.js";
import { targetNotes } from "../target-notes.js";
import { underTargets } from "../target-lock.js";
import type { Connector, ConnectorSite, Disconnector } from "./connector.js";

const method = "nfs";

/** Files of NFS exports, each behind a loop device of its own. */
export function nfsConnector(site: ConnectorSite): Connector<NfsConnectionInfo> & Disconnector {
  const notes = targetNotes(site.runtimeDir, method);
  const fileOf = (source: string): string => join(exportDirectory(site.runtimeDir, exportOf(source)), source.slice(source.lastIndexOf("/") + 1));
  const loopOf = async (source: string, ctx: CallContext): Promise<LoopDevice | undefined> =>
    (await listLoopDevices(ctx)).find(({ file }) => file === fileOf(source));
  const toDevice = ({ path, number, readOnly }: Pick<Device, "path" | "number" | "readOnly">, source: string): Device => ({
    path,
    number,
    method,
    source,
    bootId: site.bootId,
    readOnly,
  });
  /** Keeps everybody else from mounting and unmounting the export. */
  const underExport = (exported: string, ctx: CallContext, steps: () => Promise<Device>): Promise<Device> =>
    underTargets([`nfs ${exported}`], site.runtimeDir, ctx, steps);
  const leave = (exported: string, lock: HostLock, ctx: CallContext): Promise<void> =>
    underTargets([`nfs ${exported}`], site.runtimeDir, ctx, () => leaveExport(exportDirectory(site.runtimeDir, exported), lock, ctx));

  return {
    method,
    unavailable: async () => {
      if (!(await hasKernelModule("nfs"))) return "the kernel has no nfs module";
      return (await hasTool("mount.nfs")) ? undefined : `mount.nfs is missing (${installHint("mount.nfs")})`;
    },
    find: async (info, ctx) => {
      const source = sourceOf(info);
      const loop = await loopOf(source, ctx);
      return loop && { device: toDevice(loop, source), ending: loop.ending };
    },
    attach: async ({ info, volumeId, readOnly, existing }, lock, ctx) => {
      if (existing !== undefined) return existing;
      const source = sourceOf(info);
      return underExport(info.export, ctx, async () => {
        await notes.write({ volumeId, units: [info.export], logins: [], source });
        try {
          await mountExport(info, exportDirectory(site.runtimeDir, info.export), lock, ctx);
          const file = fileOf(source);
          if ((await exportedFileBytes(file, ctx)) === undefined) throw fileMissing(info, ctx);
          const path = await bindLoopDevice(file, readOnly, lock, ctx);
          const kernel = await readBlockDevice(path.slice("/dev/".length));
          if (kernel === undefined) throw ctx.fail("INTERNAL", "attach-failed", `${path} vanished while it was made`);
          return toDevice({ path, number: kernel.number, readOnly: kernel.readOnly }, source);
        } catch (error) {
          // A call that was ended leaves it to its replay, or to detach.
          ctx.signal.throwIfAborted();
          await leave(info.export, lock, ctx);
          await notes.remove(volumeId);
          throw error;
        }
      });
    },
    isPresent: async (device, ctx) => (await loopOf(device.source, ctx))?.path === device.path,
    grow: async (device, lock, ctx) => {
      const bytes = await exportedFileBytes(fileOf(device.source), ctx);
      if (bytes === undefined) throw growFailed(ctx, `the file ${device.source} behind ${device.path} cannot be read`, "none");
      await growLoopDevice(device.path, bytes, lock, ctx);
    },
    // The export is left by the sweep that follows each detach.
    detach: (device, lock, ctx) => unbindLoopDevice({ path: device.path, file: fileOf(device.source) }, true, lock, ctx),
    sweep: async (volumeId, lock, ctx) => {
      const note = (await notes.list()).find((one) => one.volumeId === volumeId);
      if (note === undefined) return;
      for (const exported of note.units) await leave(exported, lock, ctx);
      await notes.remove(volumeId);
    },
  };
}

/** A file's name has no slash in it, and an export always has one. */
const sourceOf = (info: NfsConnectionInfo): string => `${info.export}/${info.file}`;
const exportOf = (source: string): string => source.slice(0, source.lastIndexOf("/"));

const fileMissing = ({ export: exported, file }: NfsConnectionInfo, ctx: CallContext): Error =>
  ctx.fail("FAILED_PRECONDITION", "volume-file-missing", `the export ${exported} has no file ${file} that this host can read`, {
    outcome: "none",
    recovery: "operator",
  });
