import type { AttachmentRecord, Device } from "./attachment.js";
import type { VolumeId } from "./ids.js";

/** The file systems that the host half makes. */
export type FileSystemType = "ext4" | "xfs";

/** Asks for an attached volume's file system at a directory. Idempotent (SB-MOUNT-1). */
export interface MountVolumeRequest {
  readonly attachment: AttachmentRecord;
  /** Absolute path of an existing, empty directory; never a file, a symbolic link or a directory with content. */
  readonly directory: string;
  /** Default: the file system that is there, or `ext4` when the volume is blank. */
  readonly fsType?: FileSystemType | undefined;
  /** `if-blank` (default) makes a file system on a volume that bears no signature at all; `never` refuses instead. */
  readonly format?: "if-blank" | "never" | undefined;
  /** Makes the directory (not its parents) if it is missing; unmounting removes it again. Default false. */
  readonly createDirectory?: boolean | undefined;
  /** Default: as the attachment's mode says. */
  readonly readOnly?: boolean | undefined;
  /** Further mount options, such as `noatime`. Default: none. */
  readonly options?: readonly string[] | undefined;
}

/** What `mountVolume` returns and `unmountVolume` takes. Plain JSON; `listMounts` rebuilds it from the kernel. */
export interface MountRecord {
  readonly type: "mount";
  readonly version: 1;
  /** The backend's name in the backends file. */
  readonly backend: string;
  readonly volumeId: VolumeId;
  readonly device: Device;
  /** Absolute path, symbolic links resolved. */
  readonly directory: string;
  readonly fsType: string;
  /** The file system's own UUID. */
  readonly fsUuid: string;
  readonly readOnly: boolean;
  /** Whether mounting made the directory, so that unmounting removes it. */
  readonly createdDirectory: boolean;
}

/** Which mounts to list. Default: every mount of this backend's volumes on this host. */
export interface ListMountsRequest {
  readonly volumeId?: VolumeId | undefined;
  readonly directory?: string | undefined;
  readonly devicePath?: string | undefined;
}

/**
 * That a volume is being, or was, formatted: written to the volume's metadata before mkfs and after it, so that a
 * killed mkfs is told from a file system that somebody else made. Plain JSON.
 */
export interface FormatRecord {
  readonly state: "formatting" | "formatted";
  readonly fsType: FileSystemType;
  /** The UUID that the file system gets: chosen before mkfs. */
  readonly fsUuid: string;
}
