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
  /** Makes an image and tells its id, where this transport can, and then takes locks on headers only that are there. */
  readonly stepwise?: StepwiseMaking | undefined;
  /** Purges an image in the trash when there is time, where this transport can; else the delete does it before it answers. */
  readonly purgeLater?: ((imageId: string) => void) | undefined;
  /** The libraries that this transport goes through, with their versions, once opened. */
  readonly libraries?: (() => { readonly librados: string; readonly librbd: string } | undefined) | undefined;
  /** Called once `setup` has proved that all is there. */
  readonly proved?: (() => void) | undefined;
  close(): Promise<void>;
}

/** Makes images in two steps, each of which is one request. */
export interface StepwiseMaking {
  /** Makes an image and fulfils with the id of the one that then has the name; undefined when it had gone. Fails with EEXIST when the name is taken. */
  create(call: Call, imageName: string, form: PlacedForm): Promise<string | undefined>;
  /** Takes a lock on the header of an image, if that is there and of this size; false where it is not, or somebody has the lock. */
  takeSized(call: Call, imageId: string, sizeBytes: number, lock: string, request: LockRequest): Promise<boolean>;
}
