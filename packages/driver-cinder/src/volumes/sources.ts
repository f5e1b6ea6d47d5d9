import { GiB, type VolumeSource } from "@opensds/core";
import type { Call } from "../call.js";
import { isLeaving } from "./fate.js";
import { ownVolume } from "./get-volume.js";
import type { Project } from "../project.js";
import { ownSnapshot } from "../own-snapshot.js";
import { stateOf } from "./states.js";

/** Fails unless a volume of this size can be made from the source now. */
export async function requireSource(project: Project, call: Call, source: VolumeSource, sizeBytes: number): Promise<void> {
  const { ctx } = call;
  if (source.kind === "snapshot") {
    const snapshot = await ownSnapshot(project, call, source.snapshotId);
    if (snapshot === undefined) throw ctx.fail("NOT_FOUND", "snapshot-not-found", `there is no snapshot ${source.snapshotId}`, { resource: source.snapshotId, outcome: "none" });
    if (snapshot.status !== "available") {
      throw ctx.fail("FAILED_PRECONDITION", "snapshot-not-ready", `snapshot ${snapshot.id} is not ready (Cinder: ${snapshot.status})`, { resource: snapshot.id, outcome: "none" });
    }
    requireSize(call, snapshot.id, snapshot.size * GiB, sizeBytes);
    return;
  }
  const volume = await ownVolume(project, call, source.volumeId);
  if (volume === undefined) throw ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${source.volumeId}`, { resource: source.volumeId, outcome: "none" });
  if (isLeaving(volume)) {
    throw ctx.fail("FAILED_PRECONDITION", "volume-deleting", `volume ${volume.id} is being deleted`, { resource: volume.id, outcome: "none" });
  }
  if (!["available", "in-use"].includes(stateOf(volume.status))) {
    throw ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `volume ${volume.id} is not ready (Cinder: ${volume.status})`, { resource: volume.id, outcome: "none" });
  }
  requireSize(call, volume.id, volume.size * GiB, sizeBytes);
}

function requireSize({ ctx }: Call, id: string, sourceBytes: number, sizeBytes: number): void {
  if (sizeBytes >= sourceBytes) return;
  throw ctx.fail("OUT_OF_RANGE", "size-below-source", `${sizeBytes} bytes are fewer than the ${sourceBytes} of the source ${id}`, {
    resource: id,
    outcome: "none",
    details: { sourceBytes },
  });
}
