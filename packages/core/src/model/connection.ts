import type { Attachment } from "./attachment.js";
import type { Secret } from "./secret.js";

/** How a host reaches an image of a file-backed volume on its own disk. */
export interface FileConnectionInfo {
  readonly protocol: "file";
  /** Absolute path of the file that holds the volume's bytes. */
  readonly path: string;
  readonly readOnly: boolean;
}

/** A way to make a block device of an RBD image. */
export type RbdAttachMethod = "krbd" | "rbd-nbd" | "fuse-loop";

/** The formats in which librbd encrypts an image: LUKS, version 1 or 2. */
export type RbdEncryptionFormat = "luks1" | "luks2";

/** How the image of an encrypted volume is opened. Without a `passphraseFile` it can be detached and not attached. */
export interface RbdEncryption {
  readonly format: RbdEncryptionFormat;
  /** Bytes of LUKS's own at the beginning of the image; the device begins behind them. */
  readonly headerBytes: number;
  /** Path of a file on this host with the passphrase; line ends at its end are no part of it. */
  readonly passphraseFile?: string | undefined;
}

/** How a host reaches an RBD image. */
export interface RbdConnectionInfo {
  readonly protocol: "rbd";
  /** The cluster's id. Default: the host asks the cluster. */
  readonly fsid?: string | undefined;
  /** Monitor addresses as `ceph.conf` writes them in `mon host`. */
  readonly monitors: readonly string[];
  readonly pool: string;
  /** The pool's id. Default: the host asks the cluster. */
  readonly poolId?: number | undefined;
  /** RADOS namespace; empty for the default one. */
  readonly namespace: string;
  readonly image: string;
  /** RBD's internal image id: it stays when the image is renamed. Default: the host asks the cluster. */
  readonly imageId?: string | undefined;
  /** The cephx user, without `client.`. */
  readonly user: string;
  /** Path of a `ceph.conf` on this host; default: one is rendered from the fields above. */
  readonly conf?: string | undefined;
  /** Path of a keyring file on this host. */
  readonly keyring?: string | undefined;
  /** The user's key, where there is no keyring file. */
  readonly key?: Secret | undefined;
  /** How the image is encrypted. Default: not at all. */
  readonly encryption?: RbdEncryption | undefined;
  /** Which ways may be used, best first. */
  readonly methods: readonly RbdAttachMethod[];
  readonly readOnly: boolean;
}

/** One way to an iSCSI logical unit. */
export interface IscsiPath {
  /** Address and port of the target: `10.0.0.5:3260`, `[fd00::5]:3260`, `array.example:3260`. */
  readonly portal: string;
  /** The target's name, such as `iqn.2010-10.org.openstack:volume-1`. */
  readonly iqn: string;
  /** Number of the logical unit there. */
  readonly lun: number;
}

/**
 * How a host reaches an iSCSI logical unit. In OpenStack's words: `target_portal`, `target_iqn`, `target_lun` or their plurals make
 * `paths`; `auth_username`, `auth_password` make `chap`; `access_mode` `ro` makes `readOnly`.
 */
export interface IscsiConnectionInfo {
  readonly protocol: "iscsi";
  /** Every way to the one unit, best first. Without a multipath daemon the first that works is used. */
  readonly paths: readonly IscsiPath[];
  /** How this host proves to the target who it is. Default: it does not have to. */
  readonly chap?: { readonly username: string; readonly password: Secret } | undefined;
  readonly readOnly: boolean;
}

/** Where an NVMe subsystem is reached. */
export interface NvmeTcpPortal {
  /** IP address; the kernel resolves no names. */
  readonly address: string;
  readonly port: number;
}

/**
 * How a host reaches an NVMe namespace over TCP. In OpenStack's words: `target_nqn` or `nqn` is `subsystem`; `portals`, or
 * `target_portal` with `target_port`, make `portals`; `vol_uuid`, `volume_nguid` and `ns_id` are the three names of the namespace;
 * `host_nqn` is `hostNqn`.
 */
export interface NvmeTcpConnectionInfo {
  readonly protocol: "nvme-tcp";
  /** The subsystem's NQN. */
  readonly subsystem: string;
  /** Every way to the subsystem. The kernel uses them together; one that works is enough. */
  readonly portals: readonly NvmeTcpPortal[];
  /** Which of the subsystem's namespaces, by whatever is known: all that is given has to fit. Nothing given: it has only one. */
  readonly namespace: {
    /** Such as `0a1b2c3d-0123-4567-89ab-0123456789ab`. */
    readonly uuid?: string | undefined;
    /** 32 hexadecimal digits. */
    readonly nguid?: string | undefined;
    /** The number within the subsystem. */
    readonly id?: number | undefined;
  };
  /** The name by which this host was made known to the target. Default: the host's own, `/etc/nvme/hostnqn`. */
  readonly hostNqn?: string | undefined;
  readonly readOnly: boolean;
}

/**
 * How a host reaches a volume that is a file on an NFS export, which holds the volume's bytes as they are. In OpenStack's words: `export` is
 * `export`, `name` is `file`, `options` without its `-o ` makes `options`, and `format` has to be `raw`.
 */
export interface NfsConnectionInfo {
  readonly protocol: "nfs";
  /** Server and path: `10.0.0.5:/volumes`, `[fd00::5]:/volumes`. */
  readonly export: string;
  /** The file's name in the export's directory. */
  readonly file: string;
  /** Options of the mount, such as `vers=4.2`; those of the first volume of an export hold for all. Default: none. */
  readonly options?: readonly string[] | undefined;
  readonly readOnly: boolean;
}

/**
 * How a host reaches a volume. May hold secrets: it is never stored and never logged, and crosses a process border
 * only through `exportConnection` and `importConnection`.
 */
export type ConnectionInfo = FileConnectionInfo | RbdConnectionInfo | IscsiConnectionInfo | NvmeTcpConnectionInfo | NfsConnectionInfo;

/** What `connectVolume` returns: the attachment that the backend recorded, and how this host reaches the volume. */
export interface Connection {
  readonly attachment: Attachment;
  readonly info: ConnectionInfo;
}
