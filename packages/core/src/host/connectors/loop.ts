import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import type { CallContext } from "../../driver/call-context.js";
import type { Device } from "../../model/attachment.js";
import type { FileConnectionInfo } from "../../model/connection.js";
import { readBlockDevice } from "../block-device.js";
import { deviceNumber } from "../held.js";
import { backingFile, bindLoopDevice, growLoopDevice, listLoopDevices, unbindLoopDevice, withoutDeleted, type LoopDevice } from "../loop-devices.js";
import type { Connector, ConnectorSite, Disconnector } from "./connector.js";

const method = "loop";

/** Loop devices over files of this host. */
export function loopConnector(site: ConnectorSite): Connector<FileConnectionInfo> & Disconnector {
  const toDevice = (loop: LoopDevice): Device => ({
    path: loop.path,
    number: loop.number,
    method,
    source: sourceOf(loop.fileNumber, loop.inode, loop.file),
    bootId: site.bootId,
    readOnly: loop.readOnly,
  });

  return {
    method,
    unavailable: async () => {
      const there = await access("/dev/loop-control", constants.R_OK).then(
        () => true,
        () => false,
      );
      return there ? undefined : "the kernel has no loop devices (no /dev/loop-control)";
    },
    find: async (info, ctx) => {
      const loop = (await listLoopDevices(ctx)).find(await matcher(info.path));
      return loop && { device: toDevice(loop), ending: loop.ending };
    },
    attach: async ({ info, readOnly, existing }, lock, ctx) => {
      if (existing !== undefined) return existing;
      const file = await identify(info.path);
      if (file === undefined) throw fileMissing(ctx, info.path);
      const path = await bindLoopDevice(file.path, readOnly, lock, ctx);
      const [after, kernel] = await Promise.all([identify(info.path), readBlockDevice(path.slice("/dev/".length))]);
      const device = kernel && {
        path,
        number: kernel.number,
        method,
        source: sourceOf(file.number, file.inode, file.path),
        bootId: site.bootId,
        readOnly: kernel.readOnly,
      };
      if (device?.readOnly === readOnly && after?.inode === file.inode && after.number === file.number) return device;
      await unbindLoopDevice({ path, file: file.path }, false, lock, ctx);
      throw ctx.fail("UNAVAILABLE", "loop-device-failed", `${info.path} changed, or may only be read, while its device was made; call again`, { outcome: "none" });
    },
    isPresent: async (device, ctx) =>
      (await listLoopDevices(ctx)).some((loop) => loop.path === device.path && toDevice(loop).source === device.source),
    grow: async (device, lock, ctx) => {
      // Through the kernel's own path: the file may have another name since.
      const file = await backingFile(device.path.slice("/dev/".length));
      const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
      if (found === undefined) throw fileMissing(ctx, withoutDeleted(file ?? "of the device"));
      await growLoopDevice(device.path, found.size, lock, ctx);
    },
    detach: async (device, lock, ctx) => {
      const file = device.source.split(":").slice(3).join(":");
      await unbindLoopDevice({ path: device.path, file }, true, lock, ctx);
    },
  };
}

/** File system and inode tell files apart while one is attached; the path tells apart a later file with the same inode. */
const sourceOf = (fileNumber: string, inode: string, path: string): string => 
  `${fileNumber}:${inode}:${withoutDeleted(path)}`;

interface FileIdentity {
  readonly path: string;
  readonly number: string;
  readonly inode: string;
}

async function identify(path: string): Promise<FileIdentity | undefined> {
  try {
    const real = await realpath(path);
    const { dev, ino } = await stat(real, { bigint: true });
    return { path: real, number: deviceNumber(Number(dev)), inode: String(ino) };
  } catch {
    return undefined;
  }
}

/** A file that is gone can still be behind a device, under the path that it had. */
async function matcher(path: string): Promise<(loop: LoopDevice) => boolean> {
  const file = await identify(path);
  if (file === undefined) return (loop) => loop.file === withoutDeleted(path);
  return (loop) => (loop.inode === "" ? loop.file === withoutDeleted(file.path) : loop.inode === file.inode && loop.fileNumber === file.number);
}

function fileMissing(ctx: CallContext, path: string): Error {
  return ctx.fail("FAILED_PRECONDITION", "volume-file-missing", `the volume's file ${path} is not on this host`, {
    outcome: "none",
    recovery: "operator",
  });
}
