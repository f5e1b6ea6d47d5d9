import type { Call } from "../../call.js";
import { doomedKey, type LockRequest, type Rados } from "../rados.js";
import { groupRefKey } from "../rbd-groups.js";
import type { Supervisor } from "./supervisor.js";

const reads = { changes: false } as const;
const writes = { changes: true } as const;

/** Whether a lock is this caller's: asked again on a new child it finds what the first one wrote, and a cookie is one caller's alone. */
export async function holdsLock({ readLock }: Pick<Rados, "readLock">, call: Call, imageId: string, lock: string, wanted: LockRequest): Promise<boolean> {
  const held = await readLock(call, imageId, lock);
  return held?.lockers.some(({ cookie }) => cookie === wanted.cookie) ?? false;
}

/**
 * The door to objects, through the child. A lock is never taken on a header that is not there, so no junk is made; that is answered
 * as for a lock that is held, and the look that follows tells.
 */
export function createNativeRados({ request }: Supervisor): Rados {
  const readLocks: Rados["readLocks"] = async (call, imageId, locks) => new Map(await request(call, "readLocks", { imageId, locks }, reads));
  const readLock: Rados["readLock"] = async (call, imageId, lock) => (await readLocks(call, imageId, [lock])).get(lock);
  return {
    takeLock: async (call, imageId, lock, wanted) => {
      if (await request(call, "takeLock", { imageId, lock, request: wanted }, writes)) return true;
      return holdsLock({ readLock }, call, imageId, lock, wanted);
    },
    readLock,
    readLocks,
    lockNames: (call, imageId) => request(call, "lockNames", { imageId }, reads),
    breakLock: async (call, imageId, lock, { entity, cookie }) => {
      await request(call, "breakLock", { imageId, lock, entity, cookie }, writes);
    },
    directoryIdOf: async (call, imageName) => (await request(call, "directoryIdOf", { imageName }, reads)) ?? undefined,
    directoryNameOf: async (call, imageId) => (await request(call, "directoryNameOf", { imageId }, reads)) ?? undefined,
    hasObjectMap: (call, imageId) => request(call, "hasObjectMap", { imageId }, reads),
    markDoomed: async (call, imageId) => {
      await request(call, "markDoomed", { imageId, key: doomedKey }, writes);
    },
    isDoomed: (call, imageId) => request(call, "isDoomed", { imageId, key: doomedKey }, reads),
    isGrouped: (call, imageId) => request(call, "isDoomed", { imageId, key: groupRefKey }, reads),
    restoreName: async (call, imageId, imageName) => {
      await request(call, "restoreName", { imageId, imageName }, writes);
    },
    dropJunkHeader: async (call, imageId) => {
      await request(call, "dropJunkHeader", { imageId }, writes);
    },
    probeWrite: async (call) => {
      await request(call, "probeWrite", null, reads);
    },
  };
}
