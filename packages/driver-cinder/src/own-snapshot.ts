import type { Call } from "./call.js";
import { isUuid } from "./volumes/get-volume.js";
import type { Project } from "./project.js";
import { snapshotRequestOf } from "./records/records.js";
import type { CinderSnapshot } from "./transport/shapes.js";

/** A snapshot of ours by its id; undefined for what is not there, or another tool's. */
export async function ownSnapshot({ snapshots }: Project, call: Call, id: string): Promise<CinderSnapshot | undefined> {
  if (!isUuid(id)) return undefined;
  const snapshot = await snapshots.get(call, id);
  return snapshot !== undefined && snapshotRequestOf(snapshot) !== undefined ? snapshot : undefined;
}
