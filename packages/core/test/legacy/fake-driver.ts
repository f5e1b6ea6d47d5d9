import { SouthboundError, type ErrorInfo } from "../../src/errors/southbound-error.js";
import type { ErrorCode } from "../../src/errors/codes.js";
import type { Operation } from "../../src/errors/operations.js";
import type { ServedDriver } from "../../src/legacy/to-legacy-driver.js";
import type { AttachmentRecord } from "../../src/model/attachment.js";
import { attachmentId, hostId, volumeId, type VolumeId } from "../../src/model/ids.js";
import type { MountRecord } from "../../src/model/mount.js";
import { KiB, MiB } from "../../src/model/size.js";
import type { Volume } from "../../src/model/volume.js";

/** A driver in memory, small enough to see through: volumes, attachments and mounts as records. */
export interface FakeDriver extends ServedDriver {
  readonly volumes: Map<VolumeId, Volume>;
  readonly attachments: Map<VolumeId, AttachmentRecord>;
  readonly mounts: Map<string, MountRecord>;
  /** Fails the next call of an operation. */
  failNext(operation: Operation, code: ErrorCode, reason: string, message: string, info?: ErrorInfo): void;
}

export function createFakeDriver(): FakeDriver {
  const volumes = new Map<VolumeId, Volume>();
  const attachments = new Map<VolumeId, AttachmentRecord>();
  const mounts = new Map<string, MountRecord>();
  const failures = new Map<Operation, SouthboundError>();
  let made = 0;
  let open = false;

  const begin = async (operation: Operation): Promise<void> => {
    await Promise.resolve();
    const failure = failures.get(operation);
    failures.delete(operation);
    if (failure !== undefined) throw failure;
    if (!open && operation !== "setup" && operation !== "unset") throw fail(operation, "FAILED_PRECONDITION", "not-set-up", "call setup() first");
  };
  const fail = (operation: Operation, code: ErrorCode, reason: string, message: string, info: ErrorInfo = {}): SouthboundError =>
    new SouthboundError(code, reason, message, { ...info, operation, backend: "fake" });

  return {
    backend: "fake",
    volumes,
    attachments,
    mounts,
    failNext: (operation, code, reason, message, info) => void failures.set(operation, fail(operation, code, reason, message, info)),

    setup: async () => {
      await begin("setup");
      open = true;
      return {
        kind: "fake",
        limits: { nameBytes: 128, granularityBytes: KiB, minVolumeBytes: MiB, maxVolumeBytes: Number.MAX_SAFE_INTEGER },
        nameUniqueness: "guaranteed",
        accessModes: ["single-writer"],
        protocols: ["file"],
        parameters: { type: "the volume's type" },
        facets: [],
      };
    },
    unset: async () => {
      await begin("unset");
      open = false;
    },
    createVolume: async ({ name, capacity, parameters = {} }) => {
      await begin("createVolume");
      const sizeBytes = capacity.requiredBytes ?? MiB;
      const existing = [...volumes.values()].find((one) => one.name === name);
      if (existing !== undefined) {
        if (existing.sizeBytes === sizeBytes) return existing;
        throw fail("createVolume", "ALREADY_EXISTS", "volume-exists", "another size", { outcome: "none" });
      }
      made += 1;
      const id = volumeId(`vol-${made}`);
      const volume: Volume = { id, name, sizeBytes, state: "available", createdAt: "2026-01-02T03:04:05.000Z", parameters };
      volumes.set(id, volume);
      return volume;
    },
    getVolume: async ({ id }) => {
      await begin("getVolume");
      const volume = id === undefined ? undefined : volumes.get(id);
      if (volume === undefined) throw fail("getVolume", "NOT_FOUND", "volume-not-found", `no volume ${id ?? ""}`, { outcome: "none" });
      return volume;
    },
    listVolumes: () => {
      async function* pages() {
        await begin("listVolumes");
        yield { items: [...volumes.values()] };
      }
      async function* items() {
        for await (const page of pages()) yield* page.items;
      }
      return { pages, [Symbol.asyncIterator]: items };
    },
    deleteVolume: async ({ id }) => {
      await begin("deleteVolume");
      if (attachments.has(id)) throw fail("deleteVolume", "FAILED_PRECONDITION", "volume-in-use", "attached", { outcome: "none" });
      volumes.delete(id);
    },
    attachVolume: async ({ volumeId: id }) => {
      await begin("attachVolume");
      const known = attachments.get(id);
      if (known !== undefined) return known;
      const record = recordOf(id, attachments.size + 3);
      attachments.set(id, record);
      return record;
    },
    detachVolume: async (record) => {
      await begin("detachVolume");
      attachments.delete(record.attachment.volumeId);
    },
    mountVolume: async ({ attachment, directory, fsType = "ext4" }) => {
      await begin("mountVolume");
      const { device } = attachment;
      if (device === null) throw fail("mountVolume", "NOT_FOUND", "attachment-not-found", "no device");
      const { volumeId: id } = attachment.attachment;
      const mount: MountRecord = {
        type: "mount",
        version: 1,
        backend: "fake",
        volumeId: id,
        device,
        directory,
        fsType,
        fsUuid: "0",
        readOnly: false,
        createdDirectory: false,
      };
      mounts.set(directory, mount);
      return mount;
    },
    unmountVolume: async ({ directory }) => {
      await begin("unmountVolume");
      mounts.delete(directory);
    },
    listAttachments: async (request = {}) => {
      await begin("listAttachments");
      return [...attachments.values()].filter(
        ({ attachment, device }) =>
          (request.volumeId === undefined || attachment.volumeId === request.volumeId) &&
          (request.devicePath === undefined || device?.path === request.devicePath),
      );
    },
    listMounts: async (request = {}) => {
      await begin("listMounts");
      return [...mounts.values()].filter(({ directory }) => request.directory === undefined || directory === request.directory);
    },
  };
}

function recordOf(id: VolumeId, number: number): AttachmentRecord {
  const host = hostId("host-1");
  return {
    type: "attachment",
    version: 1,
    backend: "fake",
    attachment: {
      id: attachmentId(`att-${id}`),
      volumeId: id,
      hostId: host,
      mode: "single-writer",
      connector: { hostId: host, hostName: "node1", bootId: "boot-1" },
      attachedAt: "2026-01-02T03:04:06.000Z",
    },
    device: { path: `/dev/fake${number}`, number: `7:${number}`, method: "loop", source: "/x", bootId: "boot-1", readOnly: false },
  };
}
