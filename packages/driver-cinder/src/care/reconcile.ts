import type { Orphan } from "@opensds/core";
import { factsOf } from "../attachments/attachment-facts.js";
import { isConnected, isNobodys } from "../attachments/attachments.js";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { fateOf, isClaimed, isLeaving, isLost, isStuck, proposalOf } from "../volumes/fate.js";
import { pause } from "../poll.js";
import type { Project } from "../project.js";
import { isInner, keys, layoutVersion, metadataFilter, requestOf, UnreadableRecord } from "../records/records.js";
import { removeLoser } from "../volumes/remove-loser.js";
import { lookAtGroups } from "./reconcile-groups.js";
import { rowsAfter } from "../volumes/rows-after.js";
import { finishProposals, settleFate } from "../volumes/settle-fate.js";
import { stateOf } from "../volumes/states.js";
import type { CinderVolume } from "../transport/shapes.js";

/** What somebody is just making goes on within this time; what stays as it is, nobody is making any more. */
const settleMs = 3_000;
const pageSize = 1000;

/** Something that was left, and how to mend it. */
export interface Found {
  readonly orphan: Omit<Orphan, "repaired">;
  /** The same after a while: nobody is at work on it. */
  readonly mark: string;
  readonly mend: () => Promise<unknown>;
  /** Cinder is still making it: nobody can mend it yet, and it is not told. */
  readonly isBeingMade?: boolean | undefined;
}

/** Finds what killed creates and connects left in the project, and mends it where that is asked for. */
export async function reconcile(project: Project, request: { readonly repair?: boolean | undefined }, call: Call<"reconcile">): Promise<readonly Orphan[]> {
  const first = await look(project, call);
  if (first.length === 0) return [];
  await pause(call, settleMs);
  const marks = new Set(first.map(({ mark }) => mark));
  const left = (await look(project, call)).filter(({ mark, isBeingMade }) => marks.has(mark) && isBeingMade !== true);
  const orphans: Orphan[] = [];
  for (const { orphan, mend } of left) {
    const mends = request.repair === true && orphan.action !== "report";
    if (mends) await mend();
    orphans.push({ ...orphan, repaired: mends });
  }
  return orphans;
}

async function look(project: Project, call: Call<"reconcile">): Promise<readonly Found[]> {
  const suspects: CinderVolume[] = [];
  const metadata = metadataFilter({ [keys.version]: String(layoutVersion) });
  let after: readonly string[] = [];
  for (;;) {
    const rows = await rowsAfter((query) => project.volumes.page(call, { ...query, metadata }), after, pageSize);
    suspects.push(...rows.filter(isSuspect));
    if (rows.length < pageSize) break;
    after = rows.slice(-1).map(({ id }) => id);
  }
  const found = await mapBounded(suspects, 8, (volume) => judge(project, call, volume));
  return [...found.flat(), ...(await lookAtGroups(project, call))];
}

/** Whether a look at more than the volume is worth it. */
const isSuspect = (volume: CinderVolume): boolean => fateOf(volume) !== "kept" || volume.status === "reserved";

async function judge(project: Project, call: Call, volume: CinderVolume): Promise<readonly Found[]> {
  const { id, status } = volume;
  let name: string;
  try {
    const request = requestOf(volume);
    // Whoever holds the driver's own lock for long is taken for dead by those who wait for it.
    if (request === undefined || isInner(request)) return [];
    name = JSON.stringify(request.name);
  } catch (thrown) {
    if (thrown instanceof UnreadableRecord) return [];
    throw thrown;
  }
  const fate = fateOf(volume);
  if (isLeaving(volume)) return [];
  const attachments = status === "reserved" ? await project.volumes.attachments(call, id) : [];
  const proposal = attachments.find((attachment) => proposalOf(attachment) !== undefined);
  if (proposal !== undefined) {
    const message = `a create of ${name} was cut off while it decided about volume ${id}`;
    const mend = async (): Promise<void> => {
      // What is dropped by it is nobody's, and goes.
      if ((await finishProposals(project, call, id)) === "dropped") await removeLoser(project, call, id);
    };
    return [{ orphan: { kind: "undecided-volume", reference: id, message, action: "finish" }, mark: `proposal ${proposal.id}`, mend }];
  }
  if (fate !== "kept") {
    const isBeingMade = stateOf(status) === "creating" && !isLost(volume);
    if (isBeingMade && (fate !== undefined || isClaimed(volume))) return [];
    if (stateOf(status) === "creating" && !isBeingMade) {
      const message = `Cinder lost the order to make volume ${id} of ${name}; have the cloud's operator set its state to error`;
      return [{ orphan: { kind: "lost-volume", reference: id, message, action: "report" }, mark: `lost ${id}`, mend: () => Promise.resolve() }];
    }
    if (fate === undefined && isClaimed(volume)) {
      const message = `another create of ${name} was cut off while it doubted that volume ${id} is the one`;
      return [{ orphan: { kind: "undecided-volume", reference: id, message, action: "finish" }, mark: `doubt ${id}`, mend: () => settleFate(project, call, volume, "kept") }];
    }
    if (isStuck(volume)) {
      const message = `Cinder could not delete volume ${id}, which a create of ${name} left and nobody was given; have the cloud's operator delete it`;
      return [{ orphan: { kind: "half-made-volume", reference: id, message, action: "report" }, mark: `stuck ${id}`, mend: () => Promise.resolve() }];
    }
    const message = `a create of ${name} was cut off and left volume ${id}, which nobody was given`;
    const action = fate === "dropped" ? "finish" : "undo";
    return [{ orphan: { kind: "half-made-volume", reference: id, message, action }, mark: `volume ${id} ${fate ?? ""}`, mend: () => removeLoser(project, call, id), isBeingMade }];
  }
  return attachments
    .filter((attachment) => isNobodys(attachment) && !isConnected(attachment))
    .map(({ id: attachment }) => {
      const host = factsOf(volume, attachment)?.connector.hostId ?? "a host that it does not say";
      const message = `a connect of volume ${id} to ${host} was cut off before Cinder was told the host`;
      return { orphan: { kind: "half-made-attachment", reference: attachment, message, action: "undo" as const }, mark: `attachment ${attachment}`, mend: () => project.volumes.detach(call, attachment) };
    });
}
