import { mapBounded, together } from "../bounded.js";
import type { Call } from "../call.js";
import { errno, unless } from "./command-failure.js";
import type { Images, ImageView, Looks } from "./images.js";
import type { Lock, Rados } from "./rados.js";
import type { Rbd } from "./rbd.js";

/** Images described at the same time: each takes a few short processes. */
const atOnce = 4;
/** Two commands for each, of some 50 ms: a page stays far from its deadline. */
const mostPerPage = 100;

/** Puts looks at images together from single commands, as few as tell it. */
export function createCliImages(rbd: Rbd, rados: Rados): Images {
  /** The first cell is worth asking for at once; the others only where a lock of that name was ever taken. */
  const readCells = async (call: Call, imageId: string, [first, ...others]: readonly string[]): Promise<ReadonlyMap<string, Lock>> => {
    if (first === undefined) return new Map();
    const [lock, names] = await together(
      rados.readLock(call, imageId, first),
      others.length === 0 ? Promise.resolve([]) : rados.lockNames(call, imageId),
    );
    const held = new Map(lock === undefined ? [] : [[first, lock]]);
    const taken = others.filter((cell) => names.includes(cell));
    const locks = await together(...taken.map((cell) => rados.readLock(call, imageId, cell)));
    for (const [index, cell] of taken.entries()) {
      const other = locks[index];
      if (other !== undefined) held.set(cell, other);
    }
    return held;
  };
  const byName = async (call: Call, imageName: string, cells: readonly string[]): Promise<ImageView | undefined> => {
    const info = await unless([errno.ENOENT], rbd.infoByName(call, imageName));
    return info && { info, cells: await readCells(call, info.id, cells) };
  };

  const looks: Looks<ImageView> = {
    byName,
    byId: async (call, imageId, cells) => {
      const [listedAs, info, held] = await together(
        // An image in the trash can still be opened by its id: only RBD's directory tells that it is not there any more.
        rados.directoryNameOf(call, imageId),
        unless([errno.ENOENT], rbd.infoById(call, imageId)),
        readCells(call, imageId, cells),
      );
      return listedAs === undefined || info === undefined ? undefined : { info: { ...info, name: listedAs }, cells: held };
    },
    page: async (call, { prefixes, after, limit }, cells) => {
      const isWanted = (name: string): boolean => name > after && prefixes.some((prefix) => name.startsWith(prefix));
      const names = (await rbd.list(call)).filter(isWanted).sort();
      const some = names.slice(0, Math.min(limit, mostPerPage));
      const views = await mapBounded(some, atOnce, (name) => byName(call, name, cells));
      const next = names.length > some.length ? some.at(-1) : undefined;
      return { views: views.filter((view) => view !== undefined), ...(next !== undefined && { next }) };
    },
  };
  // One command tells all of an image.
  return { ...looks, glance: looks };
}
