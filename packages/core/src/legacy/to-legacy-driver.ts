import { realpath } from "node:fs/promises";
import type { VolumeDriver } from "../driver/volume-driver.js";
import type { CallOptions } from "../driver/call-context.js";
import type { Operation } from "../errors/operations.js";
import { isSouthboundError, SouthboundError } from "../errors/southbound-error.js";
import type { AttachmentRecord, ListAttachmentsRequest } from "../model/attachment.js";
import { volumeId } from "../model/ids.js";
import type { FileSystemType, MountRecord } from "../model/mount.js";
import type { Volume } from "../model/volume.js";
import { writeErrorText } from "./error-text.js";
import { bytesOfUnit, type LegacyDriver, type LegacyReply, type LegacySizeUnit } from "./legacy-driver.js";
import { toLegacyVolume } from "./volume-json.js";

/** How an old dock is to be served. */
export interface ToLegacyOptions {
  /** What the dock's sizes count. Default `GiB`; a dock that was written for OpenSDS's first Ceph driver means `MiB`. */
  readonly sizeUnit?: LegacySizeUnit | undefined;
  /**
   * What becomes of `volType`: handed on as the create parameter of this name; or `ignore`, as the first Ceph driver did; or
   * `refuse` (default), INVALID_ARGUMENT `unknown-parameter` for one that is not empty.
   */
  readonly volumeType?: "refuse" | "ignore" | { readonly parameter: string } | undefined;
  /** Milliseconds for each of the ten functions. Default: the driver's own. */
  readonly timeoutMs?: number | undefined;
}

/** What is needed of a driver to serve an old dock: the ten operations, and the lists that find records again. */
export type ServedDriver = Pick<
  VolumeDriver,
  | "backend"
  | "setup"
  | "unset"
  | "createVolume"
  | "getVolume"
  | "listVolumes"
  | "deleteVolume"
  | "attachVolume"
  | "detachVolume"
  | "mountVolume"
  | "unmountVolume"
  | "listAttachments"
  | "listMounts"
>;

/**
 * Offers a driver to a dock that speaks strings: the proposal's ten functions. A function never rejects; its error is the
 * JSON of the error's wire form (code, reason, message, recovery, outcome), without causes and secrets.
 *
 * The contract's promises hold behind the strings: create by the same name gives the same volume, and deleting, detaching or
 * unmounting what is not there succeeds. Devices and directories are looked up in the kernel and the backend at every call,
 * so a dock that was started again can go on with nothing but a path.
 */
export function toLegacyDriver(driver: ServedDriver, options: ToLegacyOptions = {}): LegacyDriver {
  const { sizeUnit = "GiB", volumeType = "refuse", timeoutMs } = options;
  const call: CallOptions = { timeoutMs };
  const typeParameter = typeof volumeType === "object" ? volumeType.parameter : undefined;
  const json = { unitBytes: bytesOfUnit(sizeUnit), typeParameter };
  const resolve = resolver(driver, call);
  /** Of devices that are gone while the backend still records the attachment: without a path, only this knows which it was. */
  const unfinished = new Map<string, AttachmentRecord>();

  const refuse = (operation: Operation, code: "INVALID_ARGUMENT" | "NOT_FOUND", reason: string, message: string): SouthboundError =>
    new SouthboundError(code, reason, message, { operation, backend: driver.backend, outcome: "none" });

  const parametersOf = (volType: string): Readonly<Record<string, string>> => {
    if (volType === "" || volumeType === "ignore") return {};
    if (typeParameter !== undefined) return { [typeParameter]: volType };
    const message = `this driver has no volume types, and volType is ${JSON.stringify(volType)}; leave it empty`;
    throw refuse("createVolume", "INVALID_ARGUMENT", "unknown-parameter", message);
  };

  const attachmentsOf = async (request: ListAttachmentsRequest): Promise<readonly AttachmentRecord[]> => {
    try {
      return await driver.listAttachments({ ...request, hostId: "all" }, call);
    } catch (error) {
      if (isSouthboundError(error) && error.code === "UNIMPLEMENTED") return [];
      throw error;
    }
  };
  const write = (volume: Volume, attachments: readonly AttachmentRecord[]): string => JSON.stringify(toLegacyVolume(volume, attachments, json));

  return {
    Setup: () =>
      answer(async () => {
        await driver.setup(call);
        return "Setup success!";
      }),

    Unset: () =>
      answer(async () => {
        await driver.unset(call);
        return "Unset success!";
      }),

    CreateVolume: (name, volType, size) =>
      answer(async () => {
        const capacity = { requiredBytes: size * json.unitBytes };
        return write(await driver.createVolume({ name, capacity, parameters: parametersOf(volType) }, call), []);
      }),

    GetVolume: (volID) =>
      answer(async () => {
        const id = volumeId(volID);
        return write(await driver.getVolume({ id }, call), await attachmentsOf({ volumeId: id }));
      }),

    GetAllVolumes: (allowDetails) =>
      answer(async () => {
        const attachments = allowDetails ? await attachmentsOf({}) : [];
        const volumes: string[] = [];
        for await (const volume of driver.listVolumes({}, call)) volumes.push(write(volume, attachments));
        return `[${volumes.join(",")}]`;
      }),

    DeleteVolume: (volID) =>
      answer(async () => {
        await driver.deleteVolume({ id: volumeId(volID) }, call);
        return "Delete volume success!";
      }),

    AttachVolume: (volID) =>
      answer(async () => {
        const { device } = await driver.attachVolume({ volumeId: volumeId(volID) }, call);
        if (device !== null) return device.path;
        const message = "attachVolume returned a record without a device";
        throw new SouthboundError("INTERNAL", "driver-broke-contract", message, { operation: "attachVolume", backend: driver.backend });
      }),

    DetachVolume: (device) =>
      answer(async () => {
        const record = (await resolve.device(device)) ?? unfinished.get(device);
        if (record !== undefined) {
          unfinished.set(device, record);
          await driver.detachVolume(record, call);
          unfinished.delete(device);
        }
        return "Detach volume success!";
      }),

    MountVolume: (mountDir, device, fsType) =>
      answer(async () => {
        const wanted = readFsType(fsType);
        if (wanted === null) {
          throw refuse("mountVolume", "INVALID_ARGUMENT", "bad-request", `fsType is ${JSON.stringify(fsType)}; give ext4, xfs or nothing`);
        }
        const attachment = await resolve.device(device);
        if (attachment === undefined) {
          const message = `${device} is no device of a volume that is attached here; attach the volume first`;
          throw refuse("mountVolume", "NOT_FOUND", "attachment-not-found", message);
        }
        // Old docks made the directory themselves, just before.
        await driver.mountVolume({ attachment, directory: mountDir, fsType: wanted, createDirectory: true }, call);
        return "Mount volume success!";
      }),

    UnmountVolume: (mountDir) =>
      answer(async () => {
        for (const mount of await resolve.directory(mountDir)) await driver.unmountVolume(mount, call);
        return "Unmount volume success!";
      }),
  };
}

/** Finds records by what an old dock knows of them: as it is written first, then with symbolic links followed. */
function resolver(driver: ServedDriver, call: CallOptions) {
  const real = (path: string): Promise<string> => realpath(path).catch(() => path);
  const device = async (path: string): Promise<AttachmentRecord | undefined> =>
    (await driver.listAttachments({ devicePath: path }, call))[0];
  const directory = (path: string): Promise<readonly MountRecord[]> => driver.listMounts({ directory: path }, call);
  return {
    device: async (path: string): Promise<AttachmentRecord | undefined> => {
      const found = await device(path);
      if (found !== undefined) return found;
      const followed = await real(path);
      return followed === path ? undefined : device(followed);
    },
    directory: async (path: string): Promise<readonly MountRecord[]> => {
      const found = await directory(path);
      if (found.length > 0) return found;
      const followed = await real(path);
      return followed === path ? found : directory(followed);
    },
  };
}

async function answer(work: () => Promise<string>): Promise<LegacyReply> {
  try {
    return [await work(), null];
  } catch (error) {
    return ["", writeErrorText(error)];
  }
}

/** Undefined for none, `null` for one that the host half does not make. */
function readFsType(fsType: string): FileSystemType | undefined | null {
  if (fsType === "") return undefined;
  return fsType === "ext4" || fsType === "xfs" ? fsType : null;
}
