import type { BackendPageRequest, CallContext, Page, Snapshot, VolumeId } from "@opensds/core";
import { recordPage } from "./pages.js";
import type { Parts } from "./parts.js";
import { toSnapshot } from "./snapshot-record.js";

/** One page of the snapshots, of one volume or of all. */
export function listSnapshotPage(
  { stores }: Parts,
  request: BackendPageRequest & { readonly sourceVolumeId?: VolumeId | undefined },
  ctx: CallContext<"listSnapshots">,
): Promise<Page<Snapshot>> {
  const { sourceVolumeId } = request;
  return recordPage(stores.snapshots, request, ctx, ({ record }) =>
    sourceVolumeId === undefined || record.sourceVolumeId === sourceVolumeId ? [toSnapshot(record)] : [],
  );
}
