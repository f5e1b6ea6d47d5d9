import { defaultRecovery, type ErrorCode, type Recovery } from "./codes.js";
import { attachmentReasons } from "./reasons/attachments.js";
import { backendReasons } from "./reasons/backend.js";
import { callReasons } from "./reasons/calls.js";
import { facetReasons } from "./reasons/facets.js";
import { legacyReasons } from "./reasons/legacy.js";
import { mountReasons } from "./reasons/mounts.js";
import type { Reason } from "./reasons/reason.js";
import { volumeReasons } from "./reasons/volumes.js";

const catalogue = {
  ...callReasons,
  ...backendReasons,
  ...volumeReasons,
  ...attachmentReasons,
  ...mountReasons,
  ...facetReasons,
  ...legacyReasons,
} as const;

/** A reason of the specification. Drivers may have further ones: whoever meets an unknown one goes by code, recovery and outcome. */
export type KnownReason = keyof typeof catalogue;

/** Every reason of the specification: with which codes it goes, what it means and what to do about it. */
export const reasons: Readonly<Record<KnownReason, Reason>> = catalogue;

/** Whether a reason is one of the specification's. */
export const isKnownReason = (reason: string): reason is KnownReason => Object.hasOwn(catalogue, reason);

/** The recovery of an error whose author gives none: what its reason means with this code, else what the code means. */
export function usualRecovery(code: ErrorCode, reason: string): Recovery {
  return (isKnownReason(reason) ? reasons[reason].codes[code] : undefined) ?? defaultRecovery[code];
}
