import { poolObject } from "../../object-names.js";
import type { PoolHandle } from "./cluster.js";
import type { Libraries } from "./libraries.js";
import { openObjects } from "./object-ops.js";

/** What `rbd pool init`, or the first image, writes down of a pool that takes images (librbd's `ValidatePoolRequest`). */
const validated = "overwrite validated";

/** Where `rbd config pool set` keeps the pool that images' data goes to by default: librbd validates that one, at every create. */
const ownDataPool = "metadata_conf_rbd_default_data_pool";

/**
 * Whether it is written down that a pool takes images, and images' data goes there too; false also where this user may not read that.
 * @param pool in the default namespace
 */
export async function isValidated(libraries: Libraries, pool: PoolHandle): Promise<boolean> {
  const read = openObjects(libraries, pool).read();
  const content = read.bytes(64);
  const own = read.keys([ownDataPool]);
  return (await read.run(poolObject)) === 0 && content().bytes.toString("latin1") === validated && own().size === 0;
}
