import { GiB, type BackendExpandRequest, type ExpandVolumeResult } from "@opensds/core";
import type { Call } from "../call.js";
import { isLeaving, proposalOf } from "./fate.js";
import { describe, ownVolume } from "./get-volume.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { isChangingHands, stateOf } from "./states.js";
import { failedWith } from "../transport/failure.js";
import type { CinderVolume } from "../transport/shapes.js";

/**
 * Grows a volume, also one that is in use. The volume's own size tells whether it grew: without a compute service in the cloud Cinder
 * complains of not finding one, and grows it all the same.
 */
export async function expandVolume(project: Project, request: BackendExpandRequest, call: Call<"expandVolume">): Promise<ExpandVolumeResult> {
  const pacer = createPacer();
  const wanted = request.sizeBytes / GiB;
  let asked = false;
  for (;;) {
    const volume = await ownVolume(project, call, request.id);
    if (volume === undefined) throw call.ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${request.id}`, { resource: request.id, outcome: "none" });
    if (volume.status !== "extending") {
      refuseUnready(call, volume);
      refuseShrinking(call, request, volume);
      if (volume.size >= wanted) return { volume: await describe(project, call, volume), hostStep: (await isAttached(project, call, volume)) ? "required" : "none" };
      if (asked) {
        const [why] = await project.volumes.messages(call, volume.id);
        throw call.ctx.fail("INTERNAL", "command-failed", `Cinder did not grow volume ${volume.id}: ${why ?? `it is ${volume.status} and has ${volume.size} GiB`}`, { resource: volume.id, outcome: "none" });
      }
      asked = await ask(project, call, volume, wanted);
    }
    await pacer.next(call);
  }
}

/** False: it was busy for the moment. */
async function ask({ volumes }: Project, call: Call<"expandVolume">, volume: CinderVolume, wanted: number): Promise<boolean> {
  await call.ctx.step("expand");
  try {
    await volumes.act(call, volume.id, { "os-extend": { new_size: wanted } });
    return true;
  } catch (thrown) {
    if (!failedWith(thrown, 400)) throw thrown;
    const now = await volumes.get(call, volume.id);
    if (now?.status !== volume.status || now.size !== volume.size || isChangingHands(volume.status)) return false;
    const info = { resource: volume.id, outcome: "none", details: { detail: thrown.detail, requestId: thrown.requestId }, cause: thrown } as const;
    throw call.ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `Cinder does not grow volume ${volume.id} (${volume.status}): ${thrown.message}`, info);
  }
}

function refuseUnready({ ctx }: Call<"expandVolume">, volume: CinderVolume): void {
  const { id, status } = volume;
  const info = { resource: id, outcome: "none", details: { state: status } } as const;
  const state = stateOf(status);
  if (isLeaving(volume)) throw ctx.fail("FAILED_PRECONDITION", "volume-deleting", `volume ${id} is being deleted`, info);
  if (state === "error") throw ctx.fail("FAILED_PRECONDITION", "volume-in-error", `volume ${id} is in error (Cinder: ${status})`, info);
  if (state !== "available" && state !== "in-use") throw ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `volume ${id} is not ready (Cinder: ${status})`, info);
}

function refuseShrinking({ ctx }: Call<"expandVolume">, { id, capacity }: BackendExpandRequest, volume: CinderVolume): void {
  const sizeBytes = volume.size * GiB;
  if (capacity.limitBytes === undefined || capacity.limitBytes >= sizeBytes) return;
  const message = `volume ${id} has ${sizeBytes} bytes and cannot shrink to ${capacity.limitBytes}; ask for no less than it has`;
  throw ctx.fail("OUT_OF_RANGE", "size-out-of-range", message, { resource: id, outcome: "none", details: { sizeBytes } });
}

async function isAttached({ volumes }: Project, call: Call, { id, status }: CinderVolume): Promise<boolean> {
  if (status === "available") return false;
  return (await volumes.attachments(call, id)).some((attachment) => proposalOf(attachment) === undefined);
}
