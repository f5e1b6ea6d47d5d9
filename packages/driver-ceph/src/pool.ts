import type { CephConfig } from "./config.js";
import type { Cluster } from "./transport/cluster.js";
import type { FacetDoors } from "./transport/facet-doors.js";
import type { Images } from "./transport/images.js";
import type { Rados } from "./transport/rados.js";
import type { Rbd } from "./transport/rbd.js";
import type { Transport } from "./transport/transport.js";
import type { Place } from "./records/volume-id.js";

/** One pool and namespace that `connect` has proved to work: what every operation of the driver works on. */
export interface Pool extends FacetDoors {
  readonly config: CephConfig;
  readonly place: Place;
  readonly monitors: readonly string[];
  readonly transport: Transport;
  readonly rbd: Rbd;
  readonly rados: Rados;
  readonly images: Images;
  readonly cluster: Cluster;
  /** Closes the transport and whatever else was opened for it. */
  readonly close: () => Promise<void>;
}
