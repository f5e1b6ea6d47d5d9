import type { AttachmentId, HostId, VolumeId } from "./ids.js";

/**
 * Who else may have the volume while this host has it.
 * - `single-writer` (default): this host alone, read and write
 * - `single-reader`: this host alone, read-only
 * - `multi-reader`: any number of hosts, all read-only
 * - `multi-writer`: any number of hosts, read and write; raw block only
 */
export type AccessMode = "single-writer" | "single-reader" | "multi-reader" | "multi-writer";

/** Whether a mode gives a read-only device. */
export const isReadOnlyMode = (mode: AccessMode): boolean => mode === "single-reader" || mode === "multi-reader";

/** Whether a mode lets other hosts have the volume too. */
export const isSharedMode = (mode: AccessMode): boolean => mode === "multi-reader" || mode === "multi-writer";

/** What a host tells a backend about itself when it asks for a volume. Plain JSON, no secret. */
export interface ConnectorFacts {
  readonly hostId: HostId;
  /** The host's network name, for people. */
  readonly hostName: string;
  /** The kernel's boot id: attachments of an earlier boot have no device any more. */
  readonly bootId: string;
}

/** The names by which storage targets know a host, where it has them. Plain JSON, no secret. */
export interface HostInitiators {
  /** Its iSCSI name, such as `iqn.1993-08.org.debian:01:9ad2`. */
  readonly iscsi?: string | undefined;
  /** Its NVMe name, such as `nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555`. */
  readonly nvme?: string | undefined;
  /** An address of it that is not its loopback. */
  readonly ipAddress?: string | undefined;
  /** Whether it joins several paths to one unit, so that it wants to be told all of them. */
  readonly multipath: boolean;
}

/** What `Host.connectorFacts` gives: the facts that are recorded, and the names that a backend may have to tell its targets. */
export interface HostConnector extends ConnectorFacts {
  /** Default: it has none, and reaches volumes in other ways. */
  readonly initiators?: HostInitiators | undefined;
}

/** An attachment as the backend records it: it outlives the process that asked for it. Plain JSON, no secret. */
export interface Attachment {
  readonly id: AttachmentId;
  readonly volumeId: VolumeId;
  readonly hostId: HostId;
  readonly mode: AccessMode;
  readonly connector: ConnectorFacts;
  /** ISO 8601, UTC. */
  readonly attachedAt: string;
}

/** A block device on this host, described so that it can be told from another volume's device of the same name. */
export interface Device {
  /** `/dev/loop3`, `/dev/rbd0`. */
  readonly path: string;
  /** The kernel's device number, `major:minor`. */
  readonly number: string;
  /** How the device was made; a name of the host's connectors, such as `loop` or `krbd`. */
  readonly method: string;
  /** What the kernel says is behind the device, in the method's own form; compared as a whole. */
  readonly source: string;
  /** The boot in which the device exists. */
  readonly bootId: string;
  readonly readOnly: boolean;
}

/**
 * What `attachVolume` returns and `detachVolume` takes. Plain JSON without secrets; store it, or let `listAttachments`
 * rebuild it from the backend and the kernel.
 */
export interface AttachmentRecord {
  readonly type: "attachment";
  readonly version: 1;
  /** The backend's name in the backends file. */
  readonly backend: string;
  readonly attachment: Attachment;
  /** The device on this host; `null` when there is none here, because it is gone or the attachment is another host's. */
  readonly device: Device | null;
}

/** Asks for a volume as a block device on this host. Idempotent per volume, host and mode (SB-ATTACH-1). */
export interface AttachVolumeRequest {
  readonly volumeId: VolumeId;
  /** Default `single-writer`. */
  readonly mode?: AccessMode | undefined;
}

/** Asks the backend for a connection on behalf of a host, which may be another machine. */
export interface ConnectVolumeRequest {
  readonly volumeId: VolumeId;
  /** Default `single-writer`. */
  readonly mode?: AccessMode | undefined;
  readonly connector: HostConnector;
}

/** Gives an attachment up. Giving up what is not there succeeds (SB-DETACH-1). */
export interface DisconnectVolumeRequest {
  readonly volumeId: VolumeId;
  readonly attachmentId: AttachmentId;
}

/** Which attachments to list. Default: those of every volume on this host. */
export interface ListAttachmentsRequest {
  readonly volumeId?: VolumeId | undefined;
  /** Default: this host. `"all"` lists every host's; those of other hosts have `device: null`. */
  readonly hostId?: HostId | "all" | undefined;
  /** Only the attachment behind this device path, such as `/dev/loop3`. */
  readonly devicePath?: string | undefined;
}
