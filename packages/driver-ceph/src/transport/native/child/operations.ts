import { mapBounded } from "../../../bounded.js";
import { directoryObject, headerOf, objectMapOf } from "../../object-names.js";
import type { OperationName, Operations } from "../protocol.js";
import { sendCommand, type Connection } from "./cluster.js";
import { openDirectory } from "./rbd/directory.js";
import { nothing } from "./objects/encoding.js";
import { errno, NativeFailure } from "./failure.js";
import { openHeaderChange } from "./rbd/header-change.js";
import { headerGlance, wholeHeader } from "./rbd/header.js";
import { openImageMaking } from "./rbd/image-making.js";
import { openImages } from "./images.js";
import type { Libraries } from "./libraries.js";
import { openListing } from "./rbd/listing.js";
import { breakInput, decodeLock, decodeLockNames, infoInput, lockClass } from "./rbd/locks.js";
import { openLooks } from "./rbd/looks.js";
import { objectExists } from "./objects/object-exists.js";
import { openObjects } from "./objects/object-ops.js";
import { openTaking } from "./rbd/taking.js";
import { isUnwatched } from "./rbd/watchers.js";

/** What carries out each operation. */
export type Handlers = { readonly [Op in OperationName]: (args: Operations[Op]["args"]) => Promise<Operations[Op]["result"]> };

/** Images in the trash that are looked at together. */
const looksAtOnce = 128;
/** Most locks hold one description of a few hundred bytes. */
const lockAnswer = 4_096;

/** What works through one connection, in the configured pool and namespace. */
export function createHandlers(libraries: Libraries, connection: Connection): Handlers {
  const objects = openObjects(libraries, connection.pool);
  const directory = openDirectory(objects);
  const listing = openListing(objects, directory);
  const images = openImages(libraries, connection.pool);
  const making = openImageMaking(objects, openObjects(libraries, connection.root), connection, listing);
  /** Asks for locks on one header, all of one moment; nothing where there is no header. */
  const askLocks = async (imageId: string, method: string, inputs: readonly Buffer[], capacity = lockAnswer): Promise<readonly Buffer[]> => {
    const read = objects.read();
    const asked = inputs.map((input) => read.exec(lockClass, method, input, capacity, true));
    const failed = await read.run(headerOf(imageId));
    if (failed === errno.ENOENT) return [];
    if (failed !== 0) throw new NativeFailure(`lock.${method}`, failed);
    const answers = asked.map((answer) => answer());
    if (answers.some((answer) => answer.errno === errno.ERANGE)) return askLocks(imageId, method, inputs, capacity * 16);
    return answers.map(({ errno: number, bytes }) => {
      if (number !== 0) throw new NativeFailure(`lock.${method}`, number);
      return bytes;
    });
  };
  const changeHeader = openHeaderChange(objects);
  const taking = openTaking(changeHeader);
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

  const whole = openLooks(objects, directory, images, wholeHeader);
  const glance = openLooks(objects, directory, images, headerGlance);

  return {
    lookByName: whole.byName,
    lookById: whole.byId,
    lookPage: whole.page,
    glanceByName: glance.byName,
    glanceById: glance.byId,
    glancePage: glance.page,

    takeLock: taking.takeLock,
    takeSized: taking.takeSized,
    readLocks: async ({ imageId, locks }) => {
      const answers = await askLocks(imageId, "get_info", locks.map(infoInput));
      return answers.flatMap((bytes, index) => {
        const [name, lock] = [locks[index], decodeLock(bytes)];
        return name === undefined || lock === undefined ? [] : [[name, lock] as const];
      });
    },
    lockNames: async ({ imageId }) => {
      const [bytes] = await askLocks(imageId, "list_locks", [nothing]);
      return bytes === undefined ? [] : decodeLockNames(bytes);
    },
    breakLock: async ({ imageId, lock, entity, cookie }) => {
      const input = breakInput(lock, entity, cookie);
      if (input !== undefined) await changeHeader(imageId, "lock.break_lock", [errno.ENOENT], (write) => write.exec(lockClass, "break_lock", input));
      return null;
    },

    directoryIdOf: async ({ imageName }) => (await directory.idOf(imageName)) ?? null,
    directoryNameOf: async ({ imageId }) => (await directory.nameOf(imageId)) ?? null,
    hasObjectMap: ({ imageId }) => objectExists(objects, objectMapOf(imageId)),
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
      const failed = await write.run(directoryObject);
      if (failed !== 0 && failed !== errno.ENOENT) throw new NativeFailure("lock.break_lock", failed);
      return null;
    },

    create: async ({ imageName, form }) => (await images.create(imageName, form), null),
    createNamed: async ({ imageName, form }) => {
      if (!(await making.make(imageName, form))) await images.create(imageName, form);
      return (await directory.openedBy(imageName)) ?? null;
    },
    watchers: async ({ imageName, imageId }) => (imageId !== null && (await isUnwatched(objects, imageId)) ? [] : images.watchers(imageName)),
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
