import { randomBytes } from "node:crypto";

/** In the name of everything that the suite ever makes, on any backend. */
export const suitePrefix = "sbconf-";

/**
 * A prefix for one run. Not from the seed: a run that is repeated with the same seed on the same backend must not meet what
 * the first one left.
 */
export const runPrefix = (): string => `${suitePrefix}${randomBytes(4).toString("hex")}`;

/** Makes the names of one check: `sbconf-1a2b3c4d-create-1-twin-2`. */
export function createNamer(prefix: string, checkId: string): (label: string) => string {
  let count = 0;
  return (label) => {
    count += 1;
    return `${prefix}-${checkId.toLowerCase()}-${label}-${count}`;
  };
}
