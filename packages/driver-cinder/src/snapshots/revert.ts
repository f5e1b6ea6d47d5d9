import { GiB, type RevertVolumeRequest, type Volume } from "@opensds/core";
import type { Call } from "../call.js";
import { hostOf } from "../attachments/attachment-facts.js";
import { describe, ownVolume } from "../volumes/get-volume.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { ownSnapshot } from "../own-snapshot.js";
import { stateOf } from "../volumes/states.js";
import { failedWith } from "../transport/failure.js";
import type { CinderSnapshot, CinderVolume } from "../transport/shapes.js";
import { isFreeSoon } from "../volumes/free-soon.js";

/** Puts a volume back to what its latest snapshot holds: Cinder goes back to no other. */
export async function revertVolume(project: Project, request: RevertVolumeRequest, call: Call<"revertVolume">): Promise<Volume> {
  const pacer = createPacer();
  for (;;) {
    const { volume, snapshot } = await find(project, call, request);
    // By a call that was killed, or another dock: what it began is waited for.
    if (snapshot.status === "restoring") return waitFor(project, call, request);
    // Somebody's revert begins, is over but for one word, or is to another snapshot.
    if (volume.status !== "reverting" && !(await isFreeSoon(project, call, volume))) {
      await refuseUnready(project, call, volume, snapshot);
      if (await ask(project, call, request, { volume, snapshot })) return waitFor(project, call, request);
    }
    await pacer.next(call);
  }
}

interface Found {
  readonly volume: CinderVolume;
  readonly snapshot: CinderSnapshot;
}

/** The snapshot and its volume. */
async function find(project: Project, call: Call<"revertVolume">, { volumeId: id, snapshotId }: RevertVolumeRequest): Promise<Found> {
  const { ctx } = call;
  const [volume, snapshot] = [await ownVolume(project, call, id), await ownSnapshot(project, call, snapshotId)];
  if (volume === undefined) throw ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${id}`, { resource: id, outcome: "none" });
  if (snapshot === undefined) throw ctx.fail("NOT_FOUND", "snapshot-not-found", `there is no snapshot ${snapshotId}`, { resource: snapshotId, outcome: "none" });
  if (snapshot.volume_id !== id) {
    const message = `snapshot ${snapshotId} is of volume ${snapshot.volume_id}, not of ${id}`;
    throw ctx.fail("FAILED_PRECONDITION", "snapshot-of-other-volume", message, { resource: snapshotId, outcome: "none" });
  }
  return { volume, snapshot };
}

async function refuseUnready(project: Project, { ctx, ...rest }: Call<"revertVolume">, volume: CinderVolume, snapshot: CinderSnapshot): Promise<void> {
  const { id, status, size } = volume;
  if (snapshot.status !== "available") {
    throw ctx.fail("FAILED_PRECONDITION", "snapshot-not-ready", `snapshot ${snapshot.id} is not ready (Cinder: ${snapshot.status})`, { resource: snapshot.id, outcome: "none" });
  }
  if (stateOf(status) === "in-use") {
    const hosts = (await project.volumes.attachments({ ctx, ...rest }, id)).map((attachment) => hostOf(volume, attachment));
    throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", `volume ${id} is attached to ${hosts.join(", ")}; detach it there first`, { resource: id, outcome: "none", details: { hosts } });
  }
  if (size !== snapshot.size) {
    const message = `volume ${id} has ${size} GiB and its snapshot ${snapshot.id} ${snapshot.size}, and Cinder goes back to a snapshot of the same size only; make a volume from it instead`;
    throw ctx.fail("FAILED_PRECONDITION", "snapshot-not-revertible", message, { resource: snapshot.id, outcome: "none", details: { snapshotBytes: snapshot.size * GiB } });
  }
}

/** False: somebody has begun something with the volume or the snapshot since we looked, perhaps just this. */
async function ask(project: Project, call: Call<"revertVolume">, request: RevertVolumeRequest, before: Found): Promise<boolean> {
  const { volumeId: id, snapshotId } = request;
  await call.ctx.step("revert");
  try {
    await project.volumes.act(call, id, { revert: { snapshot_id: snapshotId } });
    return true;
  } catch (thrown) {
    if (!failedWith(thrown, 400, 409)) throw thrown;
    const info = { resource: id, outcome: "none", details: { detail: thrown.detail, requestId: thrown.requestId }, cause: thrown } as const;
    // Of states Cinder speaks with 409, and calls any snapshot the latest.
    if (thrown.status === 400 && /latest/iu.test(thrown.detail)) {
      throw call.ctx.fail("FAILED_PRECONDITION", "snapshot-not-revertible", `Cinder goes back to the latest snapshot only: ${thrown.message}; make a volume from ${snapshotId} instead`, info);
    }
    const { volume, snapshot } = await find(project, call, request);
    if (volume.status !== before.volume.status || snapshot.status !== before.snapshot.status) return false;
    throw call.ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `Cinder does not revert volume ${id} now: ${thrown.message}`, info);
  }
}

/** How long the snapshot is waited for when the volume is ready: it is not ready itself until Cinder has said so of it too, right after that. */
const restoredMs = 5_000;

async function waitFor(project: Project, call: Call<"revertVolume">, { volumeId: id, snapshotId }: RevertVolumeRequest): Promise<Volume> {
  const pacer = createPacer();
  let readySinceMs: number | undefined;
  for (;;) {
    const volume = await ownVolume(project, call, id);
    if (volume === undefined) throw call.ctx.fail("NOT_FOUND", "volume-not-found", `volume ${id} was deleted meanwhile`, { resource: id });
    if (stateOf(volume.status) === "error") {
      const [why] = await project.volumes.messages(call, id);
      throw call.ctx.fail("INTERNAL", "volume-in-error", `Cinder could not revert volume ${id}: ${why ?? volume.status}; ask the cloud's operator`, { resource: id, outcome: "applied" });
    }
    if (volume.status === "available" || stateOf(volume.status) === "in-use") {
      readySinceMs ??= performance.now();
      const isRestoring = (await ownSnapshot(project, call, snapshotId))?.status === "restoring";
      if (!isRestoring || performance.now() - readySinceMs > restoredMs) return describe(project, call, volume);
    }
    await pacer.next(call);
  }
}
