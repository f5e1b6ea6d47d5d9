import { together } from "../bounded.js";
import type { Call } from "../call.js";
import type { RunCommand } from "./command.js";
import { CommandFailure, errno, unless } from "./command-failure.js";
import { decodeCephString, decodeHexDump, encodeCephString, decodeJson, lockNamesShape } from "./decode.js";
import { directoryObject, headerOf, nameObject, objectMapOf } from "./object-names.js";
import { createObjectLocks, type Lock, type Locker, type LockRequest } from "./object-locks.js";
import { guardOption } from "./rbd.js";
import { groupRefKey } from "./rbd-groups.js";

export type { Lock, Locker, LockRequest };

/**
 * The objects behind images, through the `rados` command: locks on an image's header, RBD's directory, and the mark that an
 * image is doomed. Fails with `CommandFailure`.
 */
export interface Rados {
  /** Takes the lock where it is free; false when it is held. A header that does not exist is created: verify afterwards. */
  takeLock(call: Call, imageId: string, lock: string, request: LockRequest): Promise<boolean>;
  readLock(call: Call, imageId: string, lock: string): Promise<Lock | undefined>;
  /** Several of them, those that have a holder; of one moment where the transport can. */
  readLocks(call: Call, imageId: string, locks: readonly string[]): Promise<ReadonlyMap<string, Lock>>;
  /** The names of locks that were ever taken; some may have no holder any more. */
  lockNames(call: Call, imageId: string): Promise<readonly string[]>;
  /** Removes this holder and no other; not there is success. */
  breakLock(call: Call, imageId: string, lock: string, locker: Locker): Promise<void>;
  /** The image id that RBD's directory has for a name. */
  directoryIdOf(call: Call, imageName: string): Promise<string | undefined>;
  /** The name that RBD's directory has for an image id; images in the trash have none. */
  directoryNameOf(call: Call, imageId: string): Promise<string | undefined>;
  hasObjectMap(call: Call, imageId: string): Promise<boolean>;
  /** Marks an image as doomed, for good: commands with the guard work on it. */
  markDoomed(call: Call, imageId: string): Promise<void>;
  isDoomed(call: Call, imageId: string): Promise<boolean>;
  /** Whether an image is in one of RBD's groups. */
  isGrouped(call: Call, imageId: string): Promise<boolean>;
  /** Gives an image of RBD's directory its name's object back, where there is none: without it no tool opens it by its name. */
  restoreName(call: Call, imageId: string, imageName: string): Promise<void>;
  /** Removes the header object of an image that is gone, which a lock taken too late has made again. */
  dropJunkHeader(call: Call, imageId: string): Promise<void>;
  /** Fails with EPERM where the user may not write to the pool; changes nothing. */
  probeWrite(call: Call): Promise<void>;
}

/** The key of the doomed mark in a header's omap. */
export const doomedKey = `metadata_conf_${guardOption}`;
const emptyCephString = new Uint8Array(4);

/** Makes the door to one pool and namespace. */
export function createRados(run: RunCommand, pool: string, namespace: string): Rados {
  const where = [`--pool=${pool}`];
  if (namespace !== "") where.push(`--namespace=${namespace}`);

  const read = (call: Call, words: readonly string[], args: readonly string[]): Promise<string> =>
    run(call, { tool: "rados", words, args: [...args, ...where], changes: false });
  const change = async (call: Call, words: readonly string[], args: readonly string[], input?: Uint8Array): Promise<void> => {
    await run(call, { tool: "rados", words, args: [...args, ...where], changes: true, input });
  };
  /** Undefined when there is no such key; ENOENT when there is no such object. */
  const readKey = async (call: Call, object: string, key: string): Promise<Buffer | undefined> => {
    try {
      return decodeHexDump(await read(call, ["getomapval"], [object, key]));
    } catch (thrown) {
      // Only a missing object has an error number here; a missing key is told on standard output.
      if (thrown instanceof CommandFailure && thrown.errno === undefined && thrown.exitedWith === 1) return undefined;
      throw thrown;
    }
  };
  const readDirectory = async (call: Call, key: string): Promise<string | undefined> => {
    const value = await unless([errno.ENOENT], readKey(call, directoryObject, key));
    return value === undefined ? undefined : decodeCephString(value);
  };

  const locks = createObjectLocks(run, where);
  const readLock: Rados["readLock"] = (call, imageId, lock) => locks.read(call, headerOf(imageId), lock);

  return {
    takeLock: (call, imageId, lock, request) => locks.take(call, headerOf(imageId), lock, request),
    readLock,
    readLocks: async (call, imageId, names) => {
      const found = await together(...names.map(async (lock) => [lock, await readLock(call, imageId, lock)] as const));
      return new Map(found.flatMap(([lock, held]) => (held === undefined ? [] : [[lock, held]])));
    },
    lockNames: async (call, imageId) => {
      const text = await unless([errno.ENOENT], read(call, ["lock", "list"], [headerOf(imageId), "--format=json"]));
      if (text === undefined) return [];
      return decodeJson("rados lock list", text, lockNamesShape).locks.map(({ name }) => name);
    },
    breakLock: (call, imageId, lock, locker) => locks.break(call, headerOf(imageId), lock, locker),
    directoryIdOf: (call, imageName) => readDirectory(call, `name_${imageName}`),
    directoryNameOf: (call, imageId) => readDirectory(call, `id_${imageId}`),
    hasObjectMap: async (call, imageId) =>
      (await unless([errno.ENOENT], read(call, ["stat"], [objectMapOf(imageId)]))) !== undefined,
    markDoomed: (call, imageId) => change(call, ["setomapval"], [headerOf(imageId), doomedKey], emptyCephString),
    isDoomed: async (call, imageId) =>
      (await unless([errno.ENOENT], readKey(call, headerOf(imageId), doomedKey))) !== undefined,
    isGrouped: async (call, imageId) => (await unless([errno.ENOENT], readKey(call, headerOf(imageId), groupRefKey))) !== undefined,
    restoreName: async (call, imageId, imageName) => {
      const object = nameObject(imageName);
      // Where two do this at once, one makes the object and both write the same into it.
      await unless([errno.EEXIST], change(call, ["create"], [object]));
      await change(call, ["put"], [object, "-"], encodeCephString(imageId));
    },
    dropJunkHeader: async (call, imageId) => {
      const header = await unless(
        [errno.ENOENT],
        readKey(call, headerOf(imageId), "size").then((size) => ({ real: size !== undefined })),
      );
      if (header === undefined || header.real) return;
      await unless([errno.ENOENT], change(call, ["rm"], [headerOf(imageId)]));
    },
    probeWrite: async (call) => {
      // Breaking a lock that nobody holds needs the right to write, and writes nothing.
      const nobody = ["client.0", "--lock-cookie=none"];
      await unless(
        [errno.ENOENT],
        run(call, { tool: "rados", words: ["lock", "break"], args: [directoryObject, "opensds.probe", ...nobody, ...where], changes: false }),
      );
    },
  };
}
