import { GiB, volumeId, type BackendPageRequest, type Page, type Volume } from "@opensds/core";
import type { Call } from "./call.js";
import { fateOf } from "./fate.js";
import { describe } from "./get-volume.js";
import { idsIn, tokenAfter } from "./list-token.js";
import type { Project } from "./project.js";
import { keys, layoutVersion, metadataFilter, requestOf, UnreadableRecord } from "./records.js";
import type { CinderVolume } from "./transport/shapes.js";

/** One page of the project's volumes that are ours, in the order of their ids. */
export async function listVolumePage(project: Project, request: BackendPageRequest, call: Call<"listVolumes">): Promise<Page<Volume>> {
  const after = request.token === undefined ? [] : idsIn(request.token);
  if (after === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  const rows = await rowsAfter(project, call, after, request.pageSize);
  const shown = rows.filter((volume) => fateOf(volume) !== "dropped" && !isOvertaken(volume, rows));
  const items = await Promise.all(shown.map((volume) => volumeOrUnreadable(project, call, volume)));
  return rows.length < request.pageSize ? { items } : { items, nextToken: tokenAfter(rows.map(({ id }) => id)) };
}

/** The next rows after the last of these ids. A marker that was deleted is refused by Cinder: then the one before it, then all from the start. */
async function rowsAfter(project: Project, call: Call, after: readonly string[], count: number): Promise<readonly CinderVolume[]> {
  const last = after.at(-1) ?? "";
  const query = { limit: count, sort: "id:asc", metadata: metadataFilter({ [keys.version]: String(layoutVersion) }) };
  for (const marker of after.toReversed()) {
    const rows = await project.volumes.page(call, { ...query, marker });
    if (rows === undefined) continue;
    const further = rows.filter(({ id }) => id > last);
    if (further.length === rows.length) return rows;
    // The marker was an earlier one: what the reader has already leaves room.
    const next = rows.at(-1);
    return rows.length < count || next === undefined || further.length === 0
      ? further.length === 0 && next !== undefined && rows.length === count
        ? await rowsAfter(project, call, [next.id], count)
        : further
      : [...further, ...(await rowsAfter(project, call, [next.id], count - further.length))];
  }
  if (after.length === 0) return (await project.volumes.page(call, query)) ?? [];
  return fromTheStart(project, call, last, count);
}

async function fromTheStart(project: Project, call: Call, last: string, count: number): Promise<readonly CinderVolume[]> {
  const found: CinderVolume[] = [];
  let marker: string | undefined;
  while (found.length < count) {
    const filter = metadataFilter({ [keys.version]: String(layoutVersion) });
    const rows = await project.volumes.page(call, { limit: 1000, sort: "id:asc", metadata: filter, ...(marker !== undefined && { marker }) });
    // The marker was deleted while we walked: from the start again, for what is skipped is decided by `last`.
    if (rows === undefined) {
      marker = undefined;
      found.length = 0;
      continue;
    }
    found.push(...rows.filter(({ id }) => id > last));
    marker = rows.at(-1)?.id;
    if (rows.length === 0) break;
  }
  return found.slice(0, count);
}

/** A volume that a create made beside another of its name, which is kept. */
const isOvertaken = (volume: CinderVolume, rows: readonly CinderVolume[]): boolean =>
  fateOf(volume) === undefined &&
  rows.some((other) => other.id !== volume.id && other.metadata[keys.name] === volume.metadata[keys.name] && (fateOf(other) === "kept" || (fateOf(other) === undefined && other.id < volume.id)));

/** A volume whose records this driver does not know is listed, and does not hide the others. */
async function volumeOrUnreadable(project: Project, call: Call, volume: CinderVolume): Promise<Volume> {
  try {
    requestOf(volume);
    return await describe(project, call, volume);
  } catch (thrown) {
    if (!(thrown instanceof UnreadableRecord)) throw thrown;
    return { id: volumeId(volume.id), name: volume.name ?? volume.id, sizeBytes: volume.size * GiB, state: "unknown", stateReason: thrown.message, parameters: {} };
  }
}
