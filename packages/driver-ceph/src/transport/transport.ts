import type { Cluster } from "./cluster.js";
import type { Images } from "./images.js";
import type { Rados } from "./rados.js";
import type { Rbd } from "./rbd.js";

/** One way to reach the cluster: the doors of one pool and namespace. */
export interface Transport {
  readonly name: "native" | "cli";
  readonly rbd: Rbd;
  readonly rados: Rados;
  readonly images: Images;
  readonly cluster: Cluster;
  /** Purges an image in the trash when there is time, where this transport can; else the delete does it before it answers. */
  readonly purgeLater?: ((imageId: string) => void) | undefined;
  /** Called once `setup` has proved that all is there. */
  readonly proved?: (() => void) | undefined;
  close(): Promise<void>;
}
