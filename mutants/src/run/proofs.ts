import type { MutantBase } from "../opener.js";
import { rulesOf } from "../mutant.js";
import { failuresOf, type Row } from "./matrix.js";

/** Where the table of kills stands, below the repository's root. It is what a whole run has shown; a sampled run is compared with it. */
export const proofsPath = "docs/spec/proofs.json";

/** How one mutant fared in a whole run. */
export interface Proof {
  readonly base: MutantBase;
  readonly breaks: readonly string[];
  /** Checks that cite one of the rules and fail on it. */
  readonly killedBy: readonly string[];
  /** Checks that cite none and fail too. */
  readonly alsoFails: readonly string[];
}

/** By the mutants' names. */
export type Proofs = Readonly<Record<string, Proof>>;

/** The table of what a run has shown; not of those whose process broke off. */
export const proofsOf = (base: MutantBase, rows: readonly Row[]): Proofs =>
  Object.fromEntries(
    rows.filter(({ report }) => report.brokeOff === undefined).map((row) => {
      const { killers, others } = failuresOf(row);
      return [row.mutant.name, { base, breaks: rulesOf(row.mutant), killedBy: killers, alsoFails: others }];
    }),
  );

/** Reads the table; fails on anything else than one. */
export function readProofs(text: string): Proofs {
  const value: unknown = JSON.parse(text);
  if (isProofs(value)) return value;
  throw new Error(`${proofsPath} is no table of proofs: write it anew with pnpm test:mutants --update`);
}

/** One line per mutant: a difference shows in review. */
export const proofsText = (proofs: Proofs): string =>
  `{\n${Object.entries(proofs).map(([name, proof]) => `  ${JSON.stringify(name)}: ${JSON.stringify(proof)}`).join(",\n")}\n}\n`;

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === "string");

function isProofs(value: unknown): value is Proofs {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((proof: unknown) => {
    if (typeof proof !== "object" || proof === null) return false;
    const { base, breaks, killedBy, alsoFails }: Partial<Record<keyof Proof, unknown>> = proof;
    return (base === "reference" || base === "ceph") && isTexts(breaks) && isTexts(killedBy) && isTexts(alsoFails);
  });
}
