import fc from "fast-check";
import { checkHistory, type CheckOptions } from "./check-history.js";
import { sequences, type SequenceShape, type Step } from "./commands.js";
import { describeEntry, isUnknown, type Entry } from "./history.js";

/** How many sequences, of what kind, and from which seed. */
export interface SequenceRun extends SequenceShape, CheckOptions {
  readonly runs: number;
  /** How often a sequence is tried again while a failure is made smaller: what races does not fail every time. Default 5. */
  readonly retries?: number | undefined;
  /** Milliseconds that a failure may be made smaller for. Default 60 000. */
  readonly shrinkingMs?: number | undefined;
}

/** What was seen on the way. */
export interface SequenceReport {
  readonly seed: number;
  readonly sequences: number;
  readonly calls: number;
  /** In the shortest sequence, what its end is looked at with left out. */
  readonly fewestCommands: number;
  readonly unknown: number;
  /** How the smallest failing sequence went, or undefined when all histories are linearisable. */
  readonly failure: string | undefined;
}

/** The seed of the environment (`SB_SEED`), or a new one. */
export const seedOfRun = (): number => Number(process.env["SB_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Generates sequences, lets `carryOut` make a history of each, and checks that. A failing one is made smaller; with the same seed the
 * same sequences come again.
 * @param carryOut gets a source of chance that the sequence's own seed feeds, for faults and turns
 */
export async function checkSequences(
  { runs, retries = 5, shrinkingMs = 60_000, attemptsShow, ...shape }: SequenceRun,
  seed: number,
  carryOut: (sequence: readonly (Step | null)[], chance: () => number) => Promise<readonly Entry[]>,
): Promise<SequenceReport> {
  const seen = { sequences: 0, calls: 0, fewestCommands: Infinity, unknown: 0 };
  let failed: { readonly message: string; readonly history: readonly Entry[] } | undefined;
  let attempts = 1;
  let smallEnoughAt = Infinity;

  const property = fc.asyncProperty(sequences(shape), fc.noShrink(fc.integer({ min: 1, max: 2 ** 31 - 1 })), async (sequence, ownSeed) => {
    for (let attempt = 0; attempt < attempts && performance.now() < smallEnoughAt; attempt += 1) {
      const history = await carryOut(sequence, mulberry32(ownSeed + attempt));
      if (failed === undefined) {
        seen.sequences += 1;
        seen.calls += history.length;
        seen.unknown += history.filter(isUnknown).length;
        seen.fewestCommands = Math.min(seen.fewestCommands, sequence.filter((step) => step !== null).length);
      }
      const violation = checkHistory(history, { attemptsShow });
      if (violation === undefined) continue;
      failed = { message: `the name ${JSON.stringify(violation.name)}: ${violation.message}`, history };
      attempts = retries;
      if (smallEnoughAt === Infinity) smallEnoughAt = performance.now() + shrinkingMs;
      return false;
    }
    return true;
  });
  const details = await fc.check(property, { numRuns: runs, seed });

  // Without a violation, what failed was the carrying out.
  const { errorInstance } = details;
  const why = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : "interrupted";
  const thrown = details.failed && failed === undefined ? why : undefined;
  const failure = failed && [failed.message, "the whole history:", ...failed.history.map((entry) => `  ${describeEntry(entry)}`)].join("\n");
  return { seed, ...seen, failure: failure === undefined ? thrown : `${failure}\nseed ${seed}, made smaller ${details.numShrinks} times` };
}

/** A small generator of numbers from 0 to 1 that gives the same ones for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
