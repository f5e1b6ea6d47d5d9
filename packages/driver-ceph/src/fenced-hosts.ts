import { hostId, type HostId } from "@opensds/core";
import type { Call } from "./call.js";
import { cells, decodeFenced } from "./records/cells.js";
import type { Pool } from "./pool.js";
import type { Locker } from "./transport/rados.js";

/** The object with the cells of the whole pool and namespace: named as an image's header would be, so that every transport reads it. */
const placeId = "opensds-place";
export const placeObject = `rbd_header.${placeId}`;

/** The records that a host is fenced: one, unless two docks fenced it at once. */
export async function fencedRecords(pool: Pool, call: Call, host: HostId): Promise<readonly Locker[]> {
  const lock = await pool.rados.readLock(call, placeId, cells.fenced);
  return (lock?.lockers ?? []).filter((locker) => decodeFenced(locker).hostId === host);
}

/** Since when a host is fenced; undefined for one that is not. */
export async function fencedSince(pool: Pool, call: Call, host: string): Promise<string | undefined> {
  const [record] = await fencedRecords(pool, call, hostId(host));
  return record && decodeFenced(record).fencedAt;
}
