import type { Call } from "../call.js";
import type { Cluster } from "./cluster.js";
import type { Images } from "./images.js";
import type { LockRequest, Rados } from "./rados.js";
import type { PlacedForm } from "./rbd-making.js";
import type { Rbd } from "./rbd.js";
import type { RbdTrash } from "./rbd-trash.js";

/** One way to reach the cluster: the doors of one pool and namespace. */
export interface Transport {
  readonly name: "native" | "cli";
  readonly rbd: Rbd;
  readonly rados: Rados;
  readonly images: Images;
  readonly cluster: Cluster;
  /** What of the trash's door this transport does itself; the commands do the rest. */
  readonly trash?: Partial<RbdTrash> | undefined;
  /** Makes an image and takes a lock on it in one request, where this transport can. */
  readonly createLocked?: CreateLocked | undefined;
  /** Purges an image in the trash when there is time, where this transport can; else the delete does it before it answers. */
  readonly purgeLater?: ((imageId: string) => void) | undefined;
  /** The libraries that this transport goes through, with their versions, once opened. */
  readonly libraries?: (() => { readonly librados: string; readonly librbd: string } | undefined) | undefined;
  /** Called once `setup` has proved that all is there. */
  readonly proved?: (() => void) | undefined;
  close(): Promise<void>;
}

/**
 * Makes an image, takes a lock on the header of the one that then has the name, if it is of this size, and fulfils with its id; undefined where somebody
 * else took the lock before, or the image had gone by then: no lock was taken. Fails with EEXIST when the name is taken.
 */
export type CreateLocked = (call: Call, imageName: string, form: PlacedForm, lock: string, request: LockRequest) => Promise<string | undefined>;
