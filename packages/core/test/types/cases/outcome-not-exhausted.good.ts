import type { Outcome } from "@opensds/core";

export const mayHaveChanged: Readonly<Record<Outcome, boolean>> = { none: false, applied: true, unknown: true };
