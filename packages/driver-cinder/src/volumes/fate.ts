import { randomUUID } from "node:crypto";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { keys } from "../records/records.js";
import { pause } from "../poll.js";
import { failedWith } from "../transport/failure.js";
import type { CinderAttachment, CinderVolume } from "../transport/shapes.js";

/**
 * What becomes of a volume that a create has made: it is *kept* as the one volume of its name, or *dropped*. Any number of processes
 * may propose either; all learn the same, and it is for ever. The first proposal is the one that reserves the volume: Cinder lets a free
 * volume be reserved once. What it says stands in the id of the instance that it claims to be for. Then it is written down in the
 * metadata, by whoever sees it, before the reservation is given up. See docs/decisions/0004-fate-of-a-cinder-volume.md.
 */
export type Fate = "kept" | "dropped";

const prefixes: Readonly<Record<Fate, string>> = { kept: "09e45d50", dropped: "09e45d51" };

/** What is written about a volume's fate. */
export function fateOf({ metadata }: Pick<CinderVolume, "metadata">): Fate | undefined {
  const fate = metadata[keys.fate];
  return fate === "kept" || fate === "dropped" ? fate : undefined;
}

/** The fate that an attachment proposes; undefined for one that is a host's, or for a host. */
export function proposalOf({ instance }: CinderAttachment): Fate | undefined {
  if (instance === undefined || instance === null) return undefined;
  return (["kept", "dropped"] as const).find((fate) => instance.startsWith(`${prefixes[fate]}-`));
}

/**
 * Settles a volume's fate, by our proposal or by somebody's before; `gone` when the volume is.
 * @param seen the volume as it was a moment ago
 */
export async function settleFate(project: Project, call: Call, seen: CinderVolume, wanted: Fate): Promise<Fate | "gone"> {
  const { volumes } = project;
  const { id } = seen;
  for (let volume: CinderVolume | undefined = seen; ; volume = await volumes.get(call, id)) {
    if (volume === undefined || isLeaving(volume)) return "gone";
    const written = fateOf(volume);
    if (volume.status === "reserved") {
      const settled = (await finishProposals(project, call, id)) ?? written;
      if (settled !== undefined) return settled;
    } else if (written !== undefined) {
      return written;
    } else if (volume.status === "available") {
      const settled = await propose(project, call, id, isLost(volume) ? "dropped" : wanted);
      if (settled !== undefined) return settled;
    } else if (volume.status === "error") {
      // It never was anybody's, and cannot be reserved any more.
      return "dropped";
    }
    await pause(call);
  }
}

async function propose({ volumes }: Project, call: Call, id: string, wanted: Fate): Promise<Fate | "gone" | undefined> {
  await call.ctx.step(`propose-${wanted}`);
  const instance = `${prefixes[wanted]}${randomUUID().slice(8)}`;
  let proposal: CinderAttachment;
  try {
    proposal = await volumes.reserve(call, id, { instance });
  } catch (thrown) {
    // Not free any more: whoever has it decides.
    if (failedWith(thrown, 400, 404)) return undefined;
    throw thrown;
  }
  // Another's proposal may have come and gone since we looked.
  const now = await volumes.get(call, id);
  if (now === undefined) return "gone";
  const settled = fateOf(now) ?? wanted;
  if (fateOf(now) === undefined) {
    await call.ctx.step("record-fate");
    if (!(await volumes.addMetadata(call, id, { [keys.fate]: settled }))) return "gone";
  }
  await call.ctx.step("give-up-reservation");
  await volumes.detach(call, proposal.id);
  return settled;
}

/** Finishes what a proposal began; undefined when the volume is reserved by nobody's proposal, or not any more. */
export async function finishProposals({ volumes }: Project, call: Call, id: string): Promise<Fate | undefined> {
  const proposals = (await volumes.attachments(call, id)).filter((attachment) => proposalOf(attachment) !== undefined);
  const [first] = proposals;
  const proposed = first && proposalOf(first);
  if (proposed === undefined) return undefined;
  // After the proposals: what was written before one of them came stands.
  const volume = await volumes.get(call, id);
  if (volume === undefined) return undefined;
  const settled = fateOf(volume) ?? proposed;
  if (fateOf(volume) === undefined) {
    await call.ctx.step("record-fate");
    await volumes.addMetadata(call, id, { [keys.fate]: settled });
  }
  for (const proposal of proposals) {
    await call.ctx.step("give-up-reservation");
    await volumes.detach(call, proposal.id);
  }
  return settled;
}

/** Whether it was given up while Cinder was still to make it. */
export const isLost = ({ metadata }: Pick<CinderVolume, "metadata">): boolean => metadata[keys.lost] !== undefined;

export const isLeaving = ({ status }: Pick<CinderVolume, "status">): boolean => status === "deleting" || status === "deleted";
