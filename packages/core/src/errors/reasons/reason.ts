import type { ErrorCode, Recovery } from "../codes.js";

/** What a reason says. */
export interface Reason {
  /** The codes that it goes with, and the recovery that it means with each unless the error says otherwise. */
  readonly codes: Readonly<Partial<Record<ErrorCode, Recovery>>>;
  /** What was wrong, in one sentence. */
  readonly meaning: string;
  /** What to do about it, in one sentence. */
  readonly mend: string;
}

/** Reasons that belong together. */
export type ReasonFamily = Readonly<Record<string, Reason>>;
