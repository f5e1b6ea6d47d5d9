import { randomUUID } from "node:crypto";
import type { Call } from "../call.js";
import { pause } from "../poll.js";
import type { Project } from "../project.js";
import { keys } from "../records/records.js";
import { failedWith } from "../transport/failure.js";
import type { CinderAttachment, CinderVolume } from "../transport/shapes.js";
import { fateOf, instanceOf, isClaimed, isContested, isLeaving, isLost, proposalOf, writtenFate, type Fate } from "./fate.js";
import { stateOf } from "./states.js";

/**
 * Settles a volume's fate, by our proposal or by somebody's before; `gone` when the volume is. The first proposal is the one that
 * reserves the volume: Cinder lets a free volume be reserved once. What it says stands in the id of the instance that it claims to be for. Then
 * it is written down in the metadata, by whoever sees it, before the reservation is given up.
 * @param seen the volume as it was a moment ago
 */
export async function settleFate(project: Project, call: Call, seen: CinderVolume, wanted: Fate): Promise<Fate | "gone"> {
  const { volumes } = project;
  const { id } = seen;
  for (let volume: CinderVolume | undefined = seen; ; volume = await volumes.get(call, id)) {
    if (volume === undefined || isLeaving(volume)) return "gone";
    const known = fateOf(volume);
    if (volume.status === "reserved") {
      const settled = (await finishProposals(project, call, id)) ?? known;
      if (settled !== undefined) return settled;
    } else if (known !== undefined) {
      return known;
    } else if (volume.status === "available") {
      if (!isContested(volume)) {
        // From here on a claim that is not there yet counts no more, and one that is there will be seen with this.
        await contest(project, call, id);
        continue;
      }
      const settled = await propose(project, call, id, proposalFor(volume, wanted));
      if (settled !== undefined) return settled;
    } else if (stateOf(volume.status) === "error") {
      // It never was anybody's, and cannot be reserved any more. A claim that is still on its way must not make it look as if it were.
      await denyClaims(project, call, volume);
      return "dropped";
    }
    await pause(call);
  }
}

/** Takes the weight from a maker's word that it is alone; a word that was seen before it stands. */
export async function contest({ volumes }: Project, call: Call, id: string): Promise<void> {
  await call.ctx.step("contest");
  await volumes.addMetadata(call, id, { [keys.contested]: "1" });
}

/** Says that a volume in error was nobody's when it came to be. */
export async function denyClaims({ volumes }: Project, call: Call, { id, metadata }: CinderVolume): Promise<void> {
  if (metadata[keys.unclaimed] !== undefined) return;
  await call.ctx.step("deny-claims");
  await volumes.addMetadata(call, id, { [keys.unclaimed]: "1" });
}

/** Its maker may have returned what it claimed, and others have another in the place of what is lost. */
function proposalFor(volume: CinderVolume, wanted: Fate): Fate {
  if (isLost(volume)) return "dropped";
  return isClaimed(volume) ? "kept" : wanted;
}

async function propose({ volumes }: Project, call: Call, id: string, proposed: Fate): Promise<Fate | "gone" | undefined> {
  await call.ctx.step(`propose-${proposed}`);
  let proposal: CinderAttachment;
  try {
    proposal = await volumes.reserve(call, id, { instance: instanceOf(proposed, randomUUID()) });
  } catch (thrown) {
    // Not free any more: whoever has it decides.
    if (failedWith(thrown, 400, 404)) return undefined;
    throw thrown;
  }
  // Another's proposal may have come and gone since we looked.
  const now = await volumes.get(call, id);
  if (now === undefined) return "gone";
  const settled = writtenFate(now) ?? proposed;
  if (writtenFate(now) === undefined) {
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
  const settled = writtenFate(volume) ?? proposed;
  if (writtenFate(volume) === undefined) {
    await call.ctx.step("record-fate");
    await volumes.addMetadata(call, id, { [keys.fate]: settled });
  }
  for (const proposal of proposals) {
    await call.ctx.step("give-up-reservation");
    await volumes.detach(call, proposal.id);
  }
  return settled;
}
