import type { VolumeId } from "@opensds/core";
import type { Call } from "../call.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { failedWith, type HttpFailure } from "../transport/failure.js";
import type { CinderVolume } from "../transport/shapes.js";
import { isLeaving } from "../volumes/fate.js";
import { ownVolume } from "../volumes/get-volume.js";
import { stateOf } from "../volumes/states.js";
import { anyGroup, type FoundGroup } from "./find-group.js";

type JoinCall = Call<"createGroup" | "updateGroup">;

/** How long a volume may be neither free nor attached, which Cinder puts into no group and takes out of none: a killed call's stays so. */
const busyMs = 10_000;
const isBusy = /invalid state: (?:reserved|attaching|detaching)\b/iu;

/** As many ids as fit into the 255 characters that Cinder takes. */
const idsAtOnce = 6;

/** The volume that is to be a member of a group. */
export async function requireMember(project: Project, call: JoinCall, id: VolumeId, group: string | undefined): Promise<CinderVolume> {
  const { ctx } = call;
  const volume = await ownVolume(project, call, id);
  if (volume === undefined) throw ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${id}`, { resource: id, outcome: "none" });
  const info = { resource: id, outcome: "none", details: { state: volume.status } } as const;
  if (isLeaving(volume)) throw ctx.fail("FAILED_PRECONDITION", "volume-deleting", `volume ${id} is being deleted`, info);
  const state = stateOf(volume.status);
  if (state === "error") throw ctx.fail("FAILED_PRECONDITION", "volume-in-error", `volume ${id} is in error (Cinder: ${volume.status})`, info);
  if (state !== "available" && state !== "in-use") throw ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `volume ${id} is not ready (Cinder: ${volume.status})`, info);
  const other = volume.group_id ?? undefined;
  if (other === undefined || other === group) return volume;
  const name = (await anyGroup(project, call, other))?.record.name ?? other;
  const message = `volume ${id} is in the group ${JSON.stringify(name)} already; take it out there first`;
  throw ctx.fail("FAILED_PRECONDITION", "volume-in-group", message, { resource: id, outcome: "none", details: { groupId: other } });
}

/**
 * Puts volumes into a group and takes others out, a few at a time, until all are where they belong; undefined when the group is gone, or being
 * taken apart while something is to be put in.
 * @param within what has to be so while Cinder is asked for each change
 */
export async function moveMembers(
  project: Project,
  call: Call,
  id: string,
  wanted: { readonly add: readonly VolumeId[]; readonly remove: readonly string[] },
  refused: (detail: string, cause: unknown) => Error,
  within: (change: () => Promise<boolean>) => Promise<boolean> = (change) => change(),
): Promise<FoundGroup | undefined> {
  const pacer = createPacer();
  const begunMs = performance.now();
  for (;;) {
    const group = await anyGroup(project, call, id);
    if (group === undefined || group.status === "deleting") return undefined;
    if (wanted.add.length > 0 && group.record.state === "closing") return undefined;
    if (group.status.startsWith("error")) throw refused(`Cinder has the group ${group.status}`, undefined);
    if (group.status === "available") {
      const missing = wanted.add.filter((volume) => !group.volumes.includes(volume)).slice(0, idsAtOnce);
      const left = wanted.remove.filter((volume) => group.volumes.includes(volume)).slice(0, idsAtOnce);
      if (missing.length + left.length === 0) return group;
      await call.ctx.step("change-group");
      try {
        const change = { ...(missing.length > 0 && { add_volumes: missing.join() }), ...(left.length > 0 && { remove_volumes: left.join() }) };
        await within(() => project.groups.update(call, id, change));
      } catch (thrown) {
        if (!failedWith(thrown, 400)) throw thrown;
        const isPassing = isBusy.test(thrown.detail) && performance.now() - begunMs < busyMs;
        if (!isPassing && !(await isOthersDoing(project, call, group, thrown))) throw refused(thrown.message, thrown);
      }
    }
    await pacer.next(call);
  }
}

/** Takes a group's volumes out of it and removes it. */
export async function dissolve(project: Project, call: Call, id: string, refused: (detail: string, cause: unknown) => Error): Promise<void> {
  const pacer = createPacer();
  for (;;) {
    const group = await anyGroup(project, call, id);
    if (group === undefined) return;
    if (group.status === "available" && group.volumes.length > 0) {
      await moveMembers(project, call, id, { add: [], remove: group.volumes }, refused);
      continue;
    }
    if (group.status === "available" || group.status === "error") {
      await call.ctx.step("remove-group");
      try {
        await project.groups.remove(call, id);
      } catch (thrown) {
        if (!failedWith(thrown, 400)) throw thrown;
        if (!(await isOthersDoing(project, call, group, thrown))) throw refused(thrown.message, thrown);
      }
    }
    await pacer.next(call);
  }
}

/** Whether Cinder refused something because somebody else is changing the group, or has changed it since it was looked at: perhaps just so. */
async function isOthersDoing(project: Project, call: Call, before: FoundGroup, refusal: HttpFailure): Promise<boolean> {
  if (/status must be/iu.test(refusal.detail)) return true;
  const now = await anyGroup(project, call, before.id);
  return now?.status !== before.status || now.volumes.toSorted().join() !== before.volumes.toSorted().join();
}
