import { randomUUID } from "node:crypto";
import type { Call } from "./call.js";
import { cells, cellTag } from "./cells.js";
import type { Pool } from "./pool.js";
import type { LockRequest } from "./transport/rados.js";

/** Takes the cell that decides whose volume an image is; false when somebody has. */
export const takeRequestCell = (pool: Pool, call: Call, imageId: string, description: string): Promise<boolean> =>
  pool.rados.takeLock(call, imageId, cells.request, requestLock(description));

/** The cell as a lock. */
export const requestLock = (description: string): LockRequest => ({ exclusive: true, tag: cellTag, cookie: randomUUID(), description });
