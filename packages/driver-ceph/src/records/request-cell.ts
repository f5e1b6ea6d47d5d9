import { randomUUID } from "node:crypto";
import type { Call } from "../call.js";
import { cells, cellTag } from "./cells.js";
import type { Pool } from "../pool.js";
import type { LockRequest } from "../transport/rados.js";

/** The lock that is a request cell. */
export const requestCellOf = (description: string): LockRequest => ({ exclusive: true, tag: cellTag, cookie: randomUUID(), description });

/** Takes the cell that decides whose volume an image is; false when somebody has. */
export const takeRequestCell = (pool: Pool, call: Call, imageId: string, description: string): Promise<boolean> =>
  pool.rados.takeLock(call, imageId, cells.request, requestCellOf(description));
