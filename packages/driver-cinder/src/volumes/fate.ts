import { keys } from "../records/records.js";
import type { CinderAttachment, CinderVolume } from "../transport/shapes.js";
import { stateOf } from "./states.js";

/**
 * What becomes of a volume that a create has made: it is *kept* as the one volume of its name, or *dropped*. Any number of processes may
 * want either; all learn the same, and it is for ever. Here is what can be read of it; `settle-fate.ts` and `claim.ts` bring it about. See
 * docs/decisions/0004-fate-of-a-cinder-volume.md.
 */
export type Fate = "kept" | "dropped";

type Seen = Pick<CinderVolume, "metadata" | "status">;

const prefixes: Readonly<Record<Fate, string>> = { kept: "09e45d50", dropped: "09e45d51" };

/** What is written about a volume's fate. */
export function writtenFate({ metadata }: Pick<CinderVolume, "metadata">): Fate | undefined {
  const fate = metadata[keys.fate];
  return fate === "kept" || fate === "dropped" ? fate : undefined;
}

/**
 * A volume's fate, as far as one look at it tells: it is written, or its maker has claimed it and nobody had contested that when it was
 * there. What is in error can be settled no more, and may have been given to somebody before.
 */
export function fateOf(volume: Seen): Fate | undefined {
  const written = writtenFate(volume);
  if (written !== undefined) return written;
  const state = stateOf(volume.status);
  if (!isClaimed(volume) || state === "creating") return undefined;
  if (state === "error") return isLost(volume) ? undefined : "kept";
  return isContested(volume) ? undefined : "kept";
}

/** Whether its maker found nobody else making the name, and said so. */
export const isClaimed = ({ metadata }: Pick<CinderVolume, "metadata">): boolean =>
  metadata[keys.maker] !== undefined && metadata[keys.alone] === metadata[keys.maker] && metadata[keys.unclaimed] === undefined;

/** Whether a claim, should there be one, counts no more by itself. What nobody made as a candidate is never claimed. */
export const isContested = ({ metadata }: Pick<CinderVolume, "metadata">): boolean => metadata[keys.contested] !== undefined || metadata[keys.maker] === undefined;

/** Whether callers are shown it as theirs: it is kept, or is as good as that. */
export const looksKept = (volume: Seen): boolean => (fateOf(volume) ?? (isClaimed(volume) ? "kept" : undefined)) === "kept";

/** Whether it was given up while Cinder was still to make it. */
export const isLost = ({ metadata }: Pick<CinderVolume, "metadata">): boolean => metadata[keys.lost] !== undefined;

/** Nobody waits for it any more, and it is not to be kept should it be made after all: it is no volume for callers. */
export const isGivenUp = (volume: Seen): boolean => isLost(volume) && stateOf(volume.status) === "creating";

/** Cinder could not delete it, and lets only an administrator try again. */
export const isStuck = ({ status }: Pick<CinderVolume, "status">): boolean => status === "error_deleting";

export const isLeaving = ({ status }: Pick<CinderVolume, "status">): boolean => status === "deleting" || status === "deleted";

/** The fate that an attachment proposes; undefined for one that is a host's, or for a host. */
export function proposalOf({ instance }: CinderAttachment): Fate | undefined {
  if (instance === undefined || instance === null) return undefined;
  return (["kept", "dropped"] as const).find((fate) => instance.startsWith(`${prefixes[fate]}-`));
}

/** The instance that a proposal claims to be for. */
export const instanceOf = (proposed: Fate, uuid: string): string => `${prefixes[proposed]}${uuid.slice(8)}`;
