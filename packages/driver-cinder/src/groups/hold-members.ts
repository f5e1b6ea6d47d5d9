import { factsOf, hostOf } from "../attachments/attachment-facts.js";
import { isNobodys } from "../attachments/attachments.js";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { failedWith } from "../transport/failure.js";
import { proposalOf } from "../volumes/fate.js";
import { ownVolume } from "../volumes/get-volume.js";
import { release } from "../volumes/release.js";
import { finishProposals } from "../volumes/settle-fate.js";

type CutCall = Call<"createGroupSnapshot">;

/** How long a reservation without a host may stand in the way before it is taken for a dead process's. It has no device. */
const deadMs = 5_000;

/** Volumes that nobody can attach while we hold them, with the reservations that see to that. */
export interface Held {
  readonly reservations: ReadonlyMap<string, string>;
  /** Whether all of them were ours until now. */
  stillAre(call: CutCall): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Reserves volumes for nobody, so that no host has or gets them: what is cut one after the other meanwhile is of one moment, because nothing
 * is written. In one order, so that two who hold the same do not wait for each other.
 */
export async function holdMembers(project: Project, call: CutCall, ids: readonly string[]): Promise<Held> {
  const reservations = new Map<string, string>();
  const held: Held = {
    reservations,
    stillAre: async (asked) => {
      for (const [id, reservation] of reservations) {
        if (!(await project.volumes.attachments(asked, id)).some((attachment) => attachment.id === reservation)) return false;
      }
      return true;
    },
    release: async () => {
      for (const reservation of reservations.values()) await release(project, call, reservation, "let-member-go");
    },
  };
  try {
    for (const id of ids.toSorted()) reservations.set(id, await hold(project, call, id));
    return held;
  } catch (thrown) {
    await held.release();
    throw thrown;
  }
}

async function hold(project: Project, call: CutCall, id: string): Promise<string> {
  const { volumes } = project;
  const pacer = createPacer();
  let watched: { readonly id: string; readonly sinceMs: number } | undefined;
  for (;;) {
    await call.ctx.step("hold-member");
    let own: string | undefined;
    try {
      own = (await volumes.reserve(call, id, {})).id;
    } catch (thrown) {
      if (!failedWith(thrown, 400, 404)) throw thrown;
    }
    const attachments = (await volumes.attachments(call, id)).filter((attachment) => attachment.id !== own);
    if (own !== undefined) {
      if (attachments.length === 0) return own;
      // A volume that may be shared can be reserved beside a host that has it.
      await release(project, call, own, "let-member-go");
    }
    // The host is written down after the reservation, so it is read after that.
    const volume = await ownVolume(project, call, id);
    if (volume === undefined) throw call.ctx.fail("NOT_FOUND", "volume-not-found", `volume ${id} of the group is not there any more`, { resource: id, outcome: "none" });
    if (volume.status === "error") throw call.ctx.fail("FAILED_PRECONDITION", "volume-in-error", `volume ${id} of the group is in error`, { resource: id, outcome: "none" });
    if (attachments.some((attachment) => proposalOf(attachment) !== undefined)) await finishProposals(project, call, id);
    const hosts = attachments.filter((attachment) => proposalOf(attachment) === undefined);
    const taken = hosts.find((attachment) => factsOf(volume, attachment.id) !== undefined || !isNobodys(attachment));
    if (taken !== undefined) throw busy(call, id, hostOf(volume, taken));
    const [nobodys] = hosts;
    if (nobodys === undefined) watched = undefined;
    else if (watched?.id !== nobodys.id) watched = { id: nobodys.id, sinceMs: performance.now() };
    else if (performance.now() - watched.sinceMs > deadMs) {
      await call.ctx.step("take-over-reservation");
      await volumes.detach(call, nobodys.id);
    }
    await pacer.next(call);
  }
}

/**
 * Gives up what a killed cut has held its volumes by. A host may just be getting one of them, with a reservation that looks the same until it says
 * for whom: so each is seen for a while first.
 */
export async function releaseLeft(project: Project, call: CutCall, ids: readonly string[]): Promise<void> {
  await mapBounded(ids, ids.length, async (id) => {
    const pacer = createPacer();
    let watched: { readonly id: string; readonly sinceMs: number } | undefined;
    for (;;) {
      const attachments = await project.volumes.attachments(call, id);
      const volume = await ownVolume(project, call, id);
      const left = attachments.find((attachment) => volume?.status === "reserved" && isNobodys(attachment) && factsOf(volume, attachment.id) === undefined);
      if (left === undefined) return;
      if (watched?.id !== left.id) watched = { id: left.id, sinceMs: performance.now() };
      else if (performance.now() - watched.sinceMs > deadMs) {
        await call.ctx.step("take-over-reservation");
        await project.volumes.detach(call, left.id);
      }
      await pacer.next(call);
    }
  });
}

/** Cinder does not tell whether its backend cuts a group at one moment: what is written to is not cut on trust. */
export function busy({ ctx }: CutCall, id: string, host: string): Error {
  const message = `volume ${id} of the group is attached to ${host}, and most of Cinder's backends cut a group's volumes one after the other; detach it first, or set \`consistentGroups\` where this backend is known to cut them at one moment`;
  return ctx.fail("FAILED_PRECONDITION", "volume-busy", message, { resource: id, outcome: "none", details: { hosts: [host] } });
}
