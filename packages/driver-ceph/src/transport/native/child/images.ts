import type { PlacedForm } from "../../rbd-making.js";
import type { TrashEntry } from "../protocol.js";
import type { PoolHandle } from "./objects/object-ops.js";
import { check, errno, failedWith } from "./failure.js";
import { everyFeatureName, featureBits } from "./rbd/features.js";
import type { HeaderInfo } from "./rbd/header.js";
import type { Argument, Libraries, NativeFunction } from "./libraries.js";

/** Options of new images, by librbd's numbers. */
const options = { features: 1, order: 2, dataPool: 10 } as const;
const watcherBytes = 24;
const trashEntryBytes = 40;
/** Who put an image into the trash, by librbd's numbers: not mirroring, a migration or a removal that is under way. */
const putByUser = 0;

/** Work on images through librbd, which opens them. All of it runs on threads. */
export interface RbdImages {
  create(imageName: string, form: PlacedForm): Promise<void>;
  trashRemove(imageId: string): Promise<void>;
  /** What users put into the trash. */
  trash(): Promise<readonly TrashEntry[]>;
  /** What librbd says of an image whose header is not plain, also of one of format 1, which has the id "". Undefined when there is none. */
  inspect(which: { readonly name: string } | { readonly id: string }): Promise<(HeaderInfo & { readonly name: string }) | undefined>;
  watchers(imageName: string): Promise<readonly string[]>;
  usedBytes(imageName: string): Promise<number>;
  namespaces(): Promise<readonly string[]>;
}

export function openImages({ rbd, stringAt, withDiffCallback }: Libraries, pool: PoolHandle): RbdImages {
  const run = async (what: string, native: NativeFunction, ...args: readonly Argument[]): Promise<number> =>
    check(what, await native.async(...args));

  const withImage = async <Value>(native: NativeFunction, which: string, work: (image: bigint) => Promise<Value>): Promise<Value> => {
    const opened = Buffer.alloc(8);
    await run("rbd_open_read_only", native, await pool(), which, opened, null);
    const image = opened.readBigUInt64LE();
    try {
      return await work(image);
    } finally {
      await rbd.close.async(image);
    }
  };
  /** Calls again with more room for as long as the answer does not fit; the room needed stands in `count` by then. */
  const withRoom = async (what: string, first: number, native: (room: number, count: Buffer) => Promise<number>): Promise<number> => {
    for (let room = first; ; ) {
      const count = Buffer.alloc(8);
      count.writeBigUInt64LE(BigInt(room));
      const result = await native(room, count);
      const needed = Number(count.readBigUInt64LE());
      if (result !== -errno.ERANGE) {
        check(what, result);
        return needed;
      }
      room = Math.max(needed, room * 2);
    }
  };

  const describe = async (image: bigint): Promise<HeaderInfo & { readonly name: string }> => {
    const stat = Buffer.alloc(256);
    await run("rbd_stat", rbd.stat, image, stat, 152);
    const bits = Buffer.alloc(8);
    await run("rbd_get_features", rbd.features, image, bits);
    const id = Buffer.alloc(64);
    const hasId = (await rbd.idOf.async(image, id, id.length)) === 0;
    const name = Buffer.alloc(4_096);
    const nameLength = Buffer.alloc(8);
    nameLength.writeBigUInt64LE(BigInt(name.length));
    await run("rbd_get_name", rbd.nameOf, image, name, nameLength);
    const overlap = Buffer.alloc(8);
    await rbd.overlap.async(image, overlap);
    const snapshots = Buffer.alloc(8);
    const listed = await rbd.snapshots.async(image, Buffer.alloc(24), snapshots);
    return {
      id: hasId ? cString(id) : "",
      name: cString(name),
      sizeBytes: Number(stat.readBigUInt64LE(0)),
      objectSizeBytes: Number(stat.readBigUInt64LE(8)),
      // With no room for any, what is needed comes back, with an error number where that is more than none.
      snapshots: listed === -errno.ERANGE ? snapshots.readInt32LE(0) : 0,
      features: everyFeatureName(bits.readBigUInt64LE()),
      isClone: overlap.readBigUInt64LE() > 0n,
    };
  };

  return {
    create: async (imageName, { sizeBytes, objectSizeBytes, features, dataPool }) => {
      const made = Buffer.alloc(8);
      rbd.newOptions(made);
      const chosen = made.readBigUInt64LE();
      try {
        if (objectSizeBytes !== undefined) check("rbd_image_options_set_uint64", rbd.setOption(chosen, options.order, Math.log2(objectSizeBytes)));
        if (features !== undefined) {
          // That there is a data pool is a feature that the option itself sets.
          const bits = featureBits(features.filter((feature) => feature !== "data-pool"));
          check("rbd_image_options_set_uint64", rbd.setOption(chosen, options.features, bits));
        }
        if (dataPool !== undefined) check("rbd_image_options_set_string", rbd.setTextOption(chosen, options.dataPool, dataPool));
        await run("rbd_create4", rbd.create, await pool(), imageName, sizeBytes, chosen);
      } finally {
        rbd.freeOptions(chosen);
      }
    },
    trashRemove: async (imageId) => {
      await run("rbd_trash_remove", rbd.trashRemove, await pool(), imageId, 0);
    },
    trash: async () => {
      let entries = Buffer.alloc(0);
      const found = await withRoom("rbd_trash_list", 64, async (room, count) => {
        entries = Buffer.alloc(room * trashEntryBytes);
        return rbd.trashList.async(await pool(), entries, count);
      });
      const images = Array.from({ length: found }, (_, index) => {
        const entry = entries.subarray(index * trashEntryBytes);
        const [deletedAtSeconds, keptUntilSeconds] = [Number(entry.readBigInt64LE(24)), Number(entry.readBigInt64LE(32))];
        const source = entry.readInt32LE(16);
        return { id: stringAt(entry.readBigUInt64LE(0)), name: stringAt(entry.readBigUInt64LE(8)), source, deletedAtSeconds, keptUntilSeconds };
      });
      if (found > 0) rbd.freeTrashList(entries, found);
      return images.filter(({ source }) => source === putByUser).map(({ source: _, ...entry }) => entry);
    },
    inspect: async (which) => {
      try {
        return "name" in which ? await withImage(rbd.openByName, which.name, describe) : await withImage(rbd.openById, which.id, describe);
      } catch (thrown) {
        if (failedWith(thrown, errno.ENOENT)) return undefined;
        throw thrown;
      }
    },
    watchers: (imageName) =>
      withImage(rbd.openByName, imageName, async (image) => {
        let entries = Buffer.alloc(0);
        const found = await withRoom("rbd_watchers_list", 8, (room, count) => {
          entries = Buffer.alloc(room * watcherBytes);
          return rbd.watchers.async(image, entries, count);
        });
        const addresses = Array.from({ length: found }, (_, index) => stringAt(entries.readBigUInt64LE(index * watcherBytes)));
        if (found > 0) rbd.freeWatchers(entries, found);
        return addresses;
      }),
    usedBytes: (imageName) =>
      withImage(rbd.openByName, imageName, async (image) => {
        const { sizeBytes } = await describe(image);
        let used = 0;
        const count = (length: number, exists: boolean): void => {
          if (exists) used += length;
        };
        await withDiffCallback(count, (callback) => run("rbd_diff_iterate2", rbd.iterate, image, null, 0, sizeBytes, 0, 1, callback, null));
        return used;
      }),
    namespaces: async () => {
      let names = Buffer.alloc(0);
      const length = await withRoom("rbd_namespace_list", 4_096, async (room, count) => {
        names = Buffer.alloc(room);
        return rbd.namespaces.async(await pool(), names, count);
      });
      return names.subarray(0, length).toString("utf8").split("\0").filter((name) => name !== "");
    },
  };
}

const cString = (bytes: Buffer): string => bytes.toString("utf8", 0, bytes.indexOf(0));
