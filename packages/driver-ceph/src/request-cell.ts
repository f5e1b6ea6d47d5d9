import { randomUUID } from "node:crypto";
import type { BackendCreateRequest } from "@opensds/core";
import type { Call } from "./call.js";
import { cells, cellTag, type RequestCell } from "./cells.js";
import type { Pool } from "./pool.js";
import type { LockRequest } from "./transport/rados.js";

/** What is recorded of a request. */
export const cellOf = ({ name, capacity, parameters, sizeBytes, source }: BackendCreateRequest): RequestCell => ({
  ...{ name, capacity, parameters, sizeBytes },
  createdAt: new Date().toISOString(),
  ...(source !== undefined && { source }),
});

/** Takes the cell that decides whose volume an image is; false when somebody has. */
export const takeRequestCell = (pool: Pool, call: Call, imageId: string, description: string): Promise<boolean> =>
  pool.rados.takeLock(call, imageId, cells.request, requestLock(description));

/** The cell as a lock. */
export const requestLock = (description: string): LockRequest => ({ exclusive: true, tag: cellTag, cookie: randomUUID(), description });
