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
  readonly steps: Steps;
}
