import { allChecks } from "@opensds/testkit";
import { join } from "node:path";
import type { MutantBase } from "../opener.js";
import { citing, type AnyMutant } from "./matrix.js";
import type { Proofs } from "./proofs.js";
import type { PlannedJob } from "./run-job.js";

/** How much is run. */
export interface Extent {
  readonly seed: number;
  /**
   * All checks that a mutant may touch, as the trace tells; else those that the table of proofs says fail on it (not in the table: all that
   * cite its rules) and this many others, chosen by the seed.
   */
  readonly others: number | { readonly traceDirectory: string };
  readonly proofs: Proofs;
}

/** Milliseconds for one check: twice what the slowest takes on two busy cores. */
const timeoutMs = 60_000;

/** The sound driver, with the members that each check calls noted. */
export const tracingJob = (seed: number, traceDirectory: string): PlannedJob => ({
  base: "reference",
  number: "sound",
  always: allChecks.map(({ id }) => id),
  others: [],
  traceDirectory,
  seed,
  timeoutMs,
  place: onFiles,
});

/** One mutant's job. */
export function mutantJob(base: MutantBase, number: number, mutant: AnyMutant, { seed, others, proofs }: Extent, backendsFile: string | undefined): PlannedJob {
  const known = typeof others === "number" ? proofs[mutant.name] : undefined;
  const always = [...new Set([...(known?.killedBy ?? citing(mutant)), ...(known?.alsoFails ?? []), ...Object.keys(mutant.alsoFails ?? {})])];
  const rest = allChecks.map(({ id }) => id).filter((id) => !always.includes(id));
  const place: PlannedJob["place"] = backendsFile === undefined ? onFiles : () => ({ backends: backendsFile, backend: "ceph-native" });
  const common = { base, number, always, seed, timeoutMs: base === "ceph" ? 4 * timeoutMs : timeoutMs, place };
  if (typeof others !== "number") return { ...common, others: rest, traceDirectory: others.traceDirectory };
  return { ...common, others: sample(rest, others, seed + number) };
}

/** A directory of the job's own, with everything that the reference driver can do. */
const onFiles: PlannedJob["place"] = (directory) => {
  const element = { reference_driver: { dir: join(directory, "volumes"), trash: true } };
  return { backends: { host: { runtimeDir: join(directory, "run") }, backends: { under_test: element } }, backend: "under_test" };
};

function sample(ids: readonly string[], count: number, seed: number): readonly string[] {
  const left = [...ids];
  const taken: string[] = [];
  for (let state = seed >>> 0; taken.length < count && left.length > 0; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    taken.push(...left.splice((state >>> 8) % left.length, 1));
  }
  return taken;
}
