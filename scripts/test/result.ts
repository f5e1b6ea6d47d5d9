/** How many of a family's tests passed and failed, and what was skipped and why. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** One line each: what was skipped, and why. */
  readonly skipped: readonly string[];
}

/** A family after it ran. */
export interface FamilyResult extends Counts {
  readonly family: string;
  readonly ms: number;
  readonly budgetSeconds: number;
}

/** Adds families up. */
export function total(results: readonly Counts[]): Counts {
  return {
    passed: results.reduce((sum, { passed }) => sum + passed, 0),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
    skipped: results.flatMap(({ skipped }) => skipped),
  };
}

/** The line that says it all. */
export const verdict = ({ passed, failed }: Counts): string => `${passed} passed, ${failed} failed`;
