import type { Orphan } from "@opensds/core";

/** Something that was left, and how it is mended. */
export interface Leftover extends Omit<Orphan, "repaired"> {
  /** Absent where only an operator can decide. */
  readonly mend?: (() => Promise<void>) | undefined;
}
