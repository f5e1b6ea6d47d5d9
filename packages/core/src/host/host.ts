import type { CallOptions } from "../driver/call-context.js";
import type { AttachmentRecord, HostConnector } from "../model/attachment.js";
import type { Connection } from "../model/connection.js";
import type { HostId, VolumeId } from "../model/ids.js";
import type { FormatRecord, MountRecord, MountVolumeRequest } from "../model/mount.js";

/**
 * Where formatting is recorded: with the volume, in the backend. `begin` writes by one conditional write and returns what
 * is recorded afterwards, which is another's record when that came first.
 */
export interface FormatJournal {
  /** What is recorded; `null` for nothing. NOT_FOUND `volume-not-found` when the volume is gone. */
  read(options: CallOptions): Promise<FormatRecord | null>;
  /** Records `next` where nothing, or the same file system's earlier state, is recorded; returns what is recorded afterwards. */
  write(next: FormatRecord, options: CallOptions): Promise<FormatRecord>;
}

/** The host half: devices and mounts on this machine. It never needs the backend, except to record formatting. */
export interface Host {
  readonly hostId: HostId;
  /**
   * Runs steps on one volume that no other process on this host may interleave with: attach and detach are each a write to
   * the backend and a change of the host. The kernel lets go when the process dies.
   */
  exclusively<Value>(volume: VolumeId, options: CallOptions, steps: () => Promise<Value>): Promise<Value>;
  /** What this host tells backends about itself. */
  connectorFacts(): Promise<HostConnector>;
  /** Makes the device of a connection, or finds the one that is there already (SB-ATTACH-1, 3, SB-SIZE-3). No method works: FAILED_PRECONDITION, saying why of each. */
  attach(connection: Connection, backend: string, options?: CallOptions): Promise<AttachmentRecord>;
  /** The record of a connection, with its device if there is one on this host; changes nothing. */
  describe(connection: Connection, backend: string, options?: CallOptions): Promise<AttachmentRecord>;
  /**
   * Removes the device of a record and proves that it is gone. No device, or one that now belongs to something else: nothing
   * is touched, success. Held by anything: FAILED_PRECONDITION `device-held`, naming the holder (SB-DETACH-2, 3, 5, SB-RECORD-2).
   */
  detach(record: AttachmentRecord, options?: CallOptions): Promise<void>;
  /**
   * Lets the device of a record, and the ext4 or xfs that is mounted from it here, follow the volume to a larger size, without
   * interrupting anything; a file system that is not mounted follows when `mount` mounts it. Grown already: nothing happens. The
   * device is not here: FAILED_PRECONDITION `attachment-not-found`; it or the file system does not grow: FAILED_PRECONDITION
   * `grow-failed`, whose outcome `applied` says that the device did (SB-EXPAND-4).
   */
  grow(record: AttachmentRecord, options?: CallOptions): Promise<AttachmentRecord>;
  /** Mounts, making a file system first where the volume is blank and the journal says that it may be (SB-MOUNT-1 to 10). */
  mount(request: MountVolumeRequest, journal: FormatJournal, options?: CallOptions): Promise<MountRecord>;
  /**
   * Runs steps while the file systems that are mounted here from these attachments' devices are frozen: flushed, and every writer made to
   * wait. They are thawed when the steps have ended, and at the latest after `timeoutMs`, also when this process is killed. Nothing
   * mounted for writing here: there is nothing to freeze, and the steps run. Thawed before they ended: `signal` fires, and the call fails with
   * DEADLINE_EXCEEDED `freeze-ended`. Not freezable: FAILED_PRECONDITION `freeze-failed`, and the steps did not run.
   */
  frozen<Value>(
    records: readonly AttachmentRecord[],
    freeze: { readonly timeoutMs: number },
    options: CallOptions,
    steps: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value>;
  /** Unmounts what the record says, if that is what is mounted there (SB-UNMOUNT-1 to 3). In use: FAILED_PRECONDITION `mount-busy`. */
  unmount(record: MountRecord, options?: CallOptions): Promise<void>;
  /** The mounts of these attachments' devices on this host (SB-RECORD-1). */
  listMounts(records: readonly AttachmentRecord[], options?: CallOptions): Promise<readonly MountRecord[]>;
}

/** What the backends file says under `host`. */
export interface HostOptions {
  /** Default: the machine id. */
  readonly id?: HostId | undefined;
  /** Where helper daemons and their sockets live. Default `/run/opensds`. */
  readonly runtimeDir?: string | undefined;
}
