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
  /** Which ways may be used, best first. */
  readonly methods: readonly RbdAttachMethod[];
  readonly readOnly: boolean;
}

/**
 * How a host reaches a volume. May hold secrets: it is never stored and never logged, and crosses a process border
 * only through `exportConnection` and `importConnection`.
 */
export type ConnectionInfo = FileConnectionInfo | RbdConnectionInfo;

/** What `connectVolume` returns: the attachment that the backend recorded, and how this host reaches the volume. */
export interface Connection {
  readonly attachment: Attachment;
  readonly info: ConnectionInfo;
}
