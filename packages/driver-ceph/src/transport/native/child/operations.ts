import { mapBounded, together } from "../../../bounded.js";
import type { OperationName, Operations, ViewWire } from "../protocol.js";
import { sendCommand, type Connection } from "./cluster.js";
import { openDirectory, type Listed } from "./directory.js";
import { errno, NativeFailure } from "./failure.js";
import { headerOf, lookAtHeader, type LookOptions } from "./header.js";
import { openImages } from "./images.js";
import type { Libraries } from "./libraries.js";
import { openListing } from "./listing.js";
import { breakInput, decodeLock, decodeLockNames, infoInput, lockClass, takeInput } from "./locks.js";
import { openObjects, type ObjectWrite } from "./object-ops.js";

/** What carries out each operation. */
export type Handlers = { readonly [Op in OperationName]: (args: Operations[Op]["args"]) => Promise<Operations[Op]["result"]> };

/** Headers that are looked at together: enough to keep an OSD busy, few enough to leave it to others too. */
const looksAtOnce = 128;
const lockAnswer = 64 * 1024;

/** What works through one connection, in the configured pool and namespace. */
export function createHandlers(libraries: Libraries, connection: Connection): Handlers {
  const objects = openObjects(libraries, connection.pool);
  const directory = openDirectory(objects);
  const listing = openListing(objects, directory);
  const images = openImages(libraries, connection.pool);
  const readLocks = async (imageId: string, method: string, input: Buffer, capacity = lockAnswer): Promise<Buffer | undefined> => {
    const read = objects.read();
    const answer = read.exec(lockClass, method, input, capacity, true);
    const failed = await read.run(headerOf(imageId));
    if (failed === errno.ENOENT) return undefined;
    if (failed !== 0) throw new NativeFailure(`lock.${method}`, failed);
    const { errno: number, bytes } = answer();
    if (number === errno.ERANGE) return readLocks(imageId, method, input, capacity * 16);
    if (number !== 0) throw new NativeFailure(`lock.${method}`, number);
    return bytes;
  };
  /** Changes an image's header, where it is there; answers with the error number, or 0. */
  const changeHeader = async (imageId: string, what: string, expected: readonly number[], add: (write: ObjectWrite) => void): Promise<number> => {
    const write = objects.write();
    write.assertExists();
    add(write);
    const failed = await write.run(headerOf(imageId));
    if (failed === 0 || expected.includes(failed)) return failed;
    throw new NativeFailure(what, failed);
  };
  const hasKey = async (imageId: string, key: string): Promise<boolean> => {
    const read = objects.read();
    const values = read.keys([key]);
    const failed = await read.run(headerOf(imageId));
    if (failed !== 0 && failed !== errno.ENOENT) throw new NativeFailure("rados_read_op_operate", failed);
    return failed === 0 && values().has(key);
  };

  /** Takes away a header that is no image's, and what else is left of one. */
  const dropJunkHeader = async (imageId: string): Promise<void> => {
    await changeHeader(imageId, "rados_remove", [errno.ENOENT, errno.ECANCELED], (write) => {
      write.assertNoKey("size");
      write.remove();
    });
    await listing.dropRemains(imageId);
  };

  const look = async ({ name, id }: Listed, cells: readonly string[], options?: LookOptions): Promise<ViewWire | null> => {
    const header = await lookAtHeader(objects, id, cells, options);
    if (header === undefined) return null;
    const info = header.info ?? (await images.inspect({ id }));
    return info === undefined ? null : { info: { ...info, name }, cells: header.cells };
  };

  return {
    lookByName: async ({ imageName, cells }) => {
      const id = await directory.openedBy(imageName);
      if (id !== undefined) return look({ name: imageName, id }, cells);
      // An image of format 1 has no such object. It has no cells either.
      const info = await images.inspect({ name: imageName });
      return info?.id === "" ? { info, cells: [] } : null;
    },
    lookById: async ({ imageId, cells, listed }) => {
      const [name, view] = await together(directory.nameOf(imageId), look({ name: "", id: imageId }, cells));
      if (view === null || (listed && name === undefined)) return null;
      return { ...view, info: { ...view.info, name: name ?? view.info.name } };
    },
    lookPage: async ({ prefixes, after, limit, cells }) => {
      const found: Listed[] = [];
      let more = false;
      for (const prefix of [...prefixes].sort()) {
        if (found.length >= limit) {
          more ||= (await directory.page(prefix, after, 1)).images.length > 0;
          continue;
        }
        const part = await directory.page(prefix, after, limit - found.length);
        found.push(...part.images);
        more ||= part.more;
      }
      const views = await mapBounded(found, looksAtOnce, (image) => look(image, cells, { fewCells: true }));
      return { views: views.filter((view) => view !== null), next: more ? (found.at(-1)?.name ?? null) : null };
    },

    takeLock: async ({ imageId, lock, request }) => {
      const taken = [errno.ENOENT, errno.EBUSY, errno.EEXIST];
      return (await changeHeader(imageId, "lock.lock", taken, (write) => write.exec(lockClass, "lock", takeInput(lock, request)))) === 0;
    },
    readLock: async ({ imageId, lock }) => {
      const bytes = await readLocks(imageId, "get_info", infoInput(lock));
      return bytes === undefined ? null : (decodeLock(bytes) ?? null);
    },
    lockNames: async ({ imageId }) => {
      const bytes = await readLocks(imageId, "list_locks", Buffer.alloc(0));
      return bytes === undefined ? [] : decodeLockNames(bytes);
    },
    breakLock: async ({ imageId, lock, entity, cookie }) => {
      const input = breakInput(lock, entity, cookie);
      if (input !== undefined) await changeHeader(imageId, "lock.break_lock", [errno.ENOENT], (write) => write.exec(lockClass, "break_lock", input));
      return null;
    },

    directoryIdOf: async ({ imageName }) => (await directory.idOf(imageName)) ?? null,
    directoryNameOf: async ({ imageId }) => (await directory.nameOf(imageId)) ?? null,
    hasObjectMap: async ({ imageId }) => {
      const read = objects.read();
      read.bytes(1);
      const failed = await read.run(`rbd_object_map.${imageId}`);
      if (failed !== 0 && failed !== errno.ENOENT) throw new NativeFailure("rados_read_op_operate", failed);
      return failed === 0;
    },
    markDoomed: async ({ imageId, key }) => {
      // The value is an empty string: its length, 0, in four bytes.
      const empty = Buffer.alloc(4);
      await changeHeader(imageId, "rados_omap_set", [errno.ENOENT], (write) => write.setKey(key, empty));
      return null;
    },
    isDoomed: ({ imageId, key }) => hasKey(imageId, key),
    dropJunkHeader: async ({ imageId }) => (await dropJunkHeader(imageId), null),
    probeWrite: async () => {
      // Breaking a lock that nobody holds needs the right to write, and writes nothing.
      const input = breakInput("opensds.probe", "client.0", "none");
      if (input === undefined) return null;
      const write = objects.write();
      write.exec(lockClass, "break_lock", input);
      const failed = await write.run("rbd_directory");
      if (failed !== 0 && failed !== errno.ENOENT) throw new NativeFailure("lock.break_lock", failed);
      return null;
    },

    create: async ({ imageName, form }) => (await images.create(imageName, form), null),
    createNamed: async ({ imageName, form }) => {
      await images.create(imageName, form);
      return (await directory.openedBy(imageName)) ?? null;
    },
    watchers: ({ imageName }) => images.watchers(imageName),
    usedBytes: ({ imageName }) => images.usedBytes(imageName),
    list: () => directory.names(),
    moveToTrash: async ({ imageId, unlistedAs }) => {
      await listing.moveToTrash(imageId);
      if (unlistedAs !== null) await listing.moveUnlistedToTrash(imageId, unlistedAs);
      return null;
    },
    dropHalfMade: ({ imageId }) => listing.dropHalfMade(imageId),
    restoreName: async ({ imageId, imageName }) => (await listing.restoreName(imageId, imageName), null),
    purge: async ({ imageId }) => {
      try {
        await images.trashRemove(imageId);
      } finally {
        // Another purge may have ended meanwhile: librbd's lock then made an empty header again.
        await dropJunkHeader(imageId);
      }
      return null;
    },
    trash: () => images.trash(),
    dueInTrash: async ({ key, olderThanSeconds }) => {
      await listing.prepareTrash();
      const before = Date.now() / 1_000 - olderThanSeconds;
      const old = (await images.trash()).filter(({ deletedAtSeconds }) => deletedAtSeconds < before);
      const due = await mapBounded(old, looksAtOnce, async ({ id }) => ((await hasKey(id, key)) ? [id] : []));
      return due.flat();
    },
    namespaces: () => images.namespaces(),
    command: ({ to, words }) => sendCommand(libraries, connection, to, words),
  };
}
