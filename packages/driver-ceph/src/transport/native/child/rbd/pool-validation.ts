import { poolObject } from "../../../object-names.js";
import { errno } from "../failure.js";
import type { Objects } from "../objects/object-ops.js";

/** What `rbd pool init`, or the first image, writes down of a pool that takes images (librbd's `ValidatePoolRequest`). */
const validated = "overwrite validated";

/** Where `rbd config pool set` keeps a pool's own defaults of new images: their form, and the pool that their data goes to. */
const ownDefaults = "metadata_conf_rbd_default_";

type Readable = Pick<Objects, "read">;

/**
 * Whether it is written down that a pool takes images, and the pool has no defaults of its own for them; false also where this user may not
 * read that.
 * @param root the pool's default namespace
 */
export async function isValidated(root: Readable): Promise<boolean> {
  const read = root.read();
  const content = read.bytes(64);
  const own = read.range(ownDefaults, ownDefaults, 1);
  return (await read.run(poolObject)) === 0 && content().bytes.toString("latin1") === validated && own().pairs.length === 0;
}

/** Whether a namespace may have defaults of its own, which `rbd` cannot set: true also where this user may not read that. */
export async function mayHaveOwnDefaults(objects: Readable): Promise<boolean> {
  const read = objects.read();
  const own = read.range(ownDefaults, ownDefaults, 1);
  const failed = await read.run(poolObject);
  return failed !== errno.ENOENT && (failed !== 0 || own().pairs.length > 0);
}
