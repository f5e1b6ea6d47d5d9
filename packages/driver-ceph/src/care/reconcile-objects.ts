import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import type { Leftover } from "./leftover.js";
import type { Pool } from "../pool.js";

const atOnce = 4;

/** In a pool with more objects nobody looks for objects that belong to nothing: they would all have to be listed. */
const mostObjects = 200_000;

/** Headers and names of images that are in neither RBD's directory nor its trash. */
export async function objectLeftovers(pool: Pool, call: Call): Promise<readonly Leftover[]> {
  const usage = await pool.facts.poolUsage(call, pool.config.pool);
  if (usage === undefined || usage.objects > mostObjects) return [];
  const before = await pool.details.objects(call);
  const ids = (prefix: RegExp): readonly string[] => before.flatMap((name) => prefix.exec(name)?.[1] ?? []);
  const headers = ids(/^rbd_header\.([0-9A-Za-z]{1,32})$/);
  const names = before.filter((name) => name.startsWith("rbd_id.opensds-by-id."));
  const trashed = new Set((await pool.trash.list(call)).map(({ id }) => id));
  const isGone = async (imageId: string): Promise<boolean> => !trashed.has(imageId) && (await pool.rados.directoryNameOf(call, imageId)) === undefined;

  const lost = (
    await mapBounded(headers, atOnce, async (imageId): Promise<Leftover | undefined> => {
      if (!(await isGone(imageId))) return undefined;
      if (!(await pool.details.hasContent(call, imageId))) {
        const message = "an empty header of an image that is gone: a lock was taken on it too late";
        return { kind: "junk-header", reference: imageId, message, action: "undo", mend: () => pool.rados.dropJunkHeader(call, imageId) };
      }
      const message = "an image that is in neither RBD's directory nor its trash: a command of RBD's was cut off, or is at work";
      return { kind: "unlisted-image", reference: imageId, message, action: "report" };
    })
  ).filter((one) => one !== undefined);
  const idle = await mapBounded(names, atOnce, async (object): Promise<Leftover | undefined> => {
    const [imageId = ""] = object.slice("rbd_id.opensds-by-id.".length).split(".");
    if (!(await isGone(imageId))) return undefined;
    const message = "a name by which an image was opened that is gone";
    return { kind: "junk-name", reference: object, message, action: "undo", mend: () => pool.details.removeObject(call, object) };
  });
  return [...lost, ...idle.filter((one) => one !== undefined)];
}
