import { allChecks } from "@opensds/testkit";
import { join } from "node:path";
import type { MutantBase } from "../opener.js";
import { apart, type AnyMutant } from "./matrix.js";
import type { Proofs } from "./proofs.js";
import type { PlannedJob, Placing } from "./run-job.js";

/** How much is run on each mutant. */
export interface Extent {
  readonly seed: number;
  /**
   * All checks: those that may fail on the mutant alone, the others in `company`, or alone too where the mutant may touch them, as a trace tells.
   * A number: those that the table of proofs says fail on it (not in the table: all that cite its rules), and so many others, chosen by the seed.
   */
  readonly others: "company" | { readonly traceDirectory: string } | number;
  readonly proofs: Proofs;
}

/** A mutant, and its place in the corpus. */
export interface Numbered {
  readonly number: number;
  readonly mutant: AnyMutant;
}

/** Milliseconds for one check: twice what the slowest takes on two busy cores. */
const timeoutMs = 60_000;

/** So many mutants together: with more, too many of them meet. */
const companySize = 12;

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

/**
 * Companies of about the same size; neighbours in the corpus break the same things, and come into different ones. Dealt out in rounds, each of
 * which begins elsewhere than the one before, by as much as the seed says: with another seed others meet.
 */
export function companies(mutants: readonly Numbered[], seed: number): readonly (readonly Numbered[])[] {
  const count = Math.ceil(mutants.length / companySize);
  const shift = count < 3 ? 0 : seed % (count - 1);
  const companyOf = (index: number): number => (index + Math.floor(index / count) * shift) % count;
  return Array.from({ length: count }, (_none, company) => mutants.filter((_mutant, index) => companyOf(index) === company));
}

/** One company's job. */
export const companyJob = (members: readonly Numbered[], seed: number): PlannedJob => ({
  base: "reference",
  members: members.map(({ number, mutant }) => ({ number, apart: apart(mutant) })),
  seed,
  timeoutMs,
  place: onFiles,
});

/** One mutant's job; `suspects` are the checks that failed on it in company. */
export function mutantJob(base: MutantBase, { number, mutant }: Numbered, extent: Extent, suspects: readonly string[], backendsFile: string | undefined): PlannedJob {
  const { seed, others, proofs } = extent;
  const known = typeof others === "number" ? proofs[mutant.name] : undefined;
  const listed = known === undefined ? apart(mutant) : [...known.killedBy, ...known.alsoFails, ...Object.keys(mutant.alsoFails ?? {})];
  const always = [...new Set([...listed, ...suspects])];
  const rest = allChecks.map(({ id }) => id).filter((id) => !always.includes(id));
  const place: Placing = backendsFile === undefined ? onFiles : () => ({ backends: backendsFile, backend: "ceph-native" });
  const common = { base, number, always, seed, timeoutMs: base === "ceph" ? 4 * timeoutMs : timeoutMs, place };
  if (others === "company") return { ...common, others: [] };
  if (typeof others === "number") return { ...common, others: sample(rest, others, seed + number) };
  return { ...common, others: rest, traceDirectory: others.traceDirectory };
}

/** A directory of the job's own, with everything that the reference driver can do. */
const onFiles: Placing = (directory) => {
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
