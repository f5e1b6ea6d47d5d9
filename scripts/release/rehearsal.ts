import type { Steps } from "../lib/steps.js";
import type { Registry } from "./registry.js";

/** What a rehearsal works with. */
export interface Rehearsal {
  /** A folder of this run's own. */
  readonly folder: string;
  /** A copy of the repository, in which versions are made. */
  readonly tree: string;
  readonly registry: Registry;
  readonly scope: string;
  /** Has a copy of the repository go by that scope. */
  readonly rename: (tree: string) => Promise<number>;
  readonly steps: Steps;
}
