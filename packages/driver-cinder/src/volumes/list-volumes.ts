import { GiB, volumeId, type BackendPageRequest, type Page, type Volume } from "@opensds/core";
import type { Call } from "../call.js";
import { fateOf, isGivenUp } from "./fate.js";
import { describe } from "./get-volume.js";
import { idsIn, tokenAfter } from "./list-token.js";
import type { Project } from "../project.js";
import { isInner, keys, layoutVersion, metadataFilter, requestOf, UnreadableRecord } from "../records/records.js";
import { rowsAfter } from "./rows-after.js";
import type { CinderVolume } from "../transport/shapes.js";

/** One page of the project's volumes that are ours, in the order of their ids. */
export async function listVolumePage(project: Project, request: BackendPageRequest, call: Call<"listVolumes">): Promise<Page<Volume>> {
  const first = request.token === undefined ? [] : idsIn(request.token);
  if (first === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  const metadata = metadataFilter({ [keys.version]: String(layoutVersion) });
  for (let after = first; ; ) {
    const rows: readonly CinderVolume[] = await rowsAfter((query) => project.volumes.page(call, { ...query, metadata }), after, request.pageSize);
    const shown = rows.filter((volume) => fateOf(volume) !== "dropped" && !isGivenUp(volume) && !isOvertaken(volume, rows) && !isTheDrivers(volume));
    const items = await Promise.all(shown.map((volume) => volumeOrUnreadable(project, call, volume)));
    if (rows.length < request.pageSize) return { items };
    after = rows.map(({ id }) => id);
    // A small page may hold nothing but what is no volume for callers.
    if (items.length > 0) return { items, nextToken: tokenAfter(after) };
  }
}

/** Whether it is no volume but something of the driver's own; one whose records cannot be read is shown. */
function isTheDrivers(volume: CinderVolume): boolean {
  try {
    const request = requestOf(volume);
    return request === undefined || isInner(request);
  } catch {
    return false;
  }
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
