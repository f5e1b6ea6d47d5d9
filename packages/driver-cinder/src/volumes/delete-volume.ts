import type { DeleteVolumeRequest, SouthboundError } from "@opensds/core";
import { hostOf } from "../attachments/attachment-facts.js";
import type { Call } from "../call.js";
import { isLeaving, isStuck } from "./fate.js";
import { isFreeSoon } from "./free-soon.js";
import { ownVolume } from "./get-volume.js";
import type { Pacer } from "../poll.js";
import type { Project } from "../project.js";
import { stateOf } from "./states.js";
import { failedWith, type HttpFailure } from "../transport/failure.js";
import type { CinderVolume } from "../transport/shapes.js";

/** How often in a row Cinder may refuse for no reason that can be seen: somebody may have had the volume for just that moment. */
const unexplainedAtMost = 3;

/** Deletes a volume, and waits until it is gone. That a volume is free and that it is being deleted is one state of Cinder's: no attachment slips in between. */
export async function deleteVolume(project: Project, request: DeleteVolumeRequest, call: Call<"deleteVolume">): Promise<void> {
  const pacer = project.paces("delete");
  for (let unexplained = 1; ; ) {
    const volume = await ownVolume(project, call, request.id);
    if (volume === undefined) return;
    if (isLeaving(volume)) break;
    const refusal = await refusalFor(project, call, volume);
    if (refusal !== undefined) throw refusal;
    const answer = await askToDelete(project, call, volume);
    if (answer === "taken-on") break;
    if (answer !== "changed" && unexplained++ >= unexplainedAtMost) throw notNow(call, volume, answer);
    await pacer.next(call);
  }
  await untilGone(project, call, request.id, pacer);
}

async function untilGone(project: Project, call: Call<"deleteVolume">, id: string, pacer: Pacer): Promise<void> {
  const watch = project.looks("deleting", id);
  try {
    for (;;) {
      const volume = await watch.look(call);
      if (volume === undefined) {
        pacer.done();
        return;
      }
      if (!isLeaving(volume)) throw await cameBack(project, call, volume);
      await pacer.next(call);
    }
  } finally {
    watch.end();
  }
}

/** Whether Cinder does it, or its state has changed since we looked, or with which words Cinder refuses it for no reason that can be seen. */
async function askToDelete({ volumes, snapshots }: Project, call: Call<"deleteVolume">, volume: CinderVolume): Promise<"taken-on" | "changed" | HttpFailure> {
  await call.ctx.step("delete");
  try {
    await volumes.remove(call, volume.id);
    return "taken-on";
  } catch (thrown) {
    if (!failedWith(thrown, 400)) throw thrown;
    // One text for all of its reasons: what can be seen is looked at again.
    const now = await volumes.get(call, volume.id);
    if (now?.status !== volume.status) return "changed";
    const group = now.group_id ?? undefined;
    if (group === undefined && ((await snapshots.page(call, { volume_id: volume.id, limit: 1 })) ?? []).length === 0) return thrown;
    const [reason, message] =
      group === undefined
        ? (["volume-has-snapshots", `volume ${volume.id} has snapshots; delete them first`] as const)
        : (["volume-in-group", `volume ${volume.id} is in group ${group}; take it out first`] as const);
    const details = { detail: thrown.detail, requestId: thrown.requestId };
    throw call.ctx.fail("FAILED_PRECONDITION", reason, message, { resource: volume.id, outcome: "none", details, cause: thrown });
  }
}

function notNow({ ctx }: Call<"deleteVolume">, { id, status }: CinderVolume, refusal: HttpFailure): SouthboundError {
  const details = { detail: refusal.detail, requestId: refusal.requestId };
  const message = `Cinder does not delete volume ${id} (${status}): ${refusal.message}; ask the cloud's operator where that lasts`;
  return ctx.fail("FAILED_PRECONDITION", "volume-not-ready", message, { resource: id, outcome: "none", details, cause: refusal });
}

/** Why a volume in its state is not to be deleted, if that is so. */
async function refusalFor(project: Project, call: Call<"deleteVolume">, volume: CinderVolume): Promise<SouthboundError | undefined> {
  const { ctx } = call;
  const state = stateOf(volume.status);
  if (state === "in-use") {
    if (await isFreeSoon(project, call, volume)) return undefined;
    const hosts = (await project.volumes.attachments(call, volume.id)).map((attachment) => hostOf(volume, attachment));
    const message = `volume ${volume.id} is attached to ${hosts.join(", ") || "something"} (Cinder: ${volume.status}); detach it there first`;
    return ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: volume.id, outcome: "none", details: { hosts } });
  }
  if (isStuck(volume)) return notDeleted(project, call, volume, "none");
  if (state === "available" || state === "error") return undefined;
  const message = `volume ${volume.id} is busy (Cinder: ${volume.status}), and Cinder deletes none in that state`;
  return ctx.fail("FAILED_PRECONDITION", "volume-not-ready", message, { resource: volume.id, outcome: "none", details: { status: volume.status } });
}

/** Cinder took the request on and did not do it. */
async function cameBack(project: Project, call: Call<"deleteVolume">, volume: CinderVolume): Promise<SouthboundError> {
  if (stateOf(volume.status) === "error") return notDeleted(project, call, volume, "applied");
  const [why] = await project.volumes.messages(call, volume.id);
  const info = { resource: volume.id, outcome: "none", details: { status: volume.status, reason: why } } as const;
  return call.ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `Cinder did not delete volume ${volume.id}: ${why ?? "it is busy"}`, info);
}

/** What Cinder could not delete once, it lets only an administrator try again. */
async function notDeleted({ volumes }: Project, call: Call<"deleteVolume">, { id, status }: CinderVolume, outcome: "none" | "applied"): Promise<SouthboundError> {
  const [why] = await volumes.messages(call, id);
  const message = `Cinder could not delete volume ${id}: ${why ?? status}; ask the cloud's operator`;
  return call.ctx.fail("FAILED_PRECONDITION", "volume-in-error", message, { resource: id, outcome, recovery: "operator", details: { status, reason: why } });
}
