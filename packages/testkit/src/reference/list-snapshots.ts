import type { BackendPageRequest, CallContext, Page, Snapshot, VolumeId } from "@opensds/core";
import { readAll } from "./find-record.js";
import { memberSnapshots } from "./group-record.js";
import { pageOf } from "./pages.js";
import type { Parts } from "./parts.js";
import { toSnapshot } from "./snapshot-record.js";

/** One page of the snapshots, of one volume or of all: first those made alone, then those of groups. */
export async function listSnapshotPage(
  { stores }: Parts,
  request: BackendPageRequest & { readonly sourceVolumeId?: VolumeId | undefined },
  ctx: CallContext<"listSnapshots">,
): Promise<Page<Snapshot>> {
  const { sourceVolumeId } = request;
  const keys = await stores.snapshots.keys();
  const members = new Map<string, Snapshot>();
  for (const { key, record } of await readAll(stores.groupSnapshots, await stores.groupSnapshots.keys(), ctx)) {
    // The tilde sorts behind every key of a snapshot made alone.
    for (const [index, snapshot] of memberSnapshots(record).entries()) members.set(`~${key}.${String(index).padStart(4, "0")}`, snapshot);
  }
  const page = await pageOf([...keys, ...members.keys()], request, ctx, async (places) => {
    const alone = await readAll(stores.snapshots, places.filter((place) => !members.has(place)), ctx);
    const found = [...alone.map(({ record }) => toSnapshot(record)), ...places.flatMap((place) => members.get(place) ?? [])];
    return found.filter((snapshot) => sourceVolumeId === undefined || snapshot.sourceVolumeId === sourceVolumeId);
  });
  return page;
}
