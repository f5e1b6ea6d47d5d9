import { describe, expect, it } from "vitest";
import { checkSequences, seedOfRun, type SequenceReport } from "./check-sequences.js";
import { docks, inMemory, onFiles } from "./docks.js";

const runs = 200;
const lengths = [50, 70] as const;

function tell(where: string, { seed, sequences, calls, fewestCommands, unknown }: SequenceReport): void {
  const words = `${sequences} sequences of ${fewestCommands} or more commands by ${docks} callers, ${calls} calls, ${unknown} of unknown outcome`;
  console.log(`linearisability ${where}: ${words}; seed ${seed} (again: SB_SEED=${seed})`);
}

describe("the reference driver is linearisable", { timeout: 300_000 }, () => {
  it(`on files: ${runs} sequences by ${docks} docks that race`, async () => {
    const report = await checkSequences({ runs, lengths, callers: docks, connects: true }, seedOfRun(), onFiles);
    tell("on files", report);
    expect(report.failure).toBeUndefined();
    expect(report).toMatchObject({ sequences: runs });
    expect(report.fewestCommands).toBeGreaterThanOrEqual(50);
  });

  it(`in memory: ${runs} sequences by ${docks} docks that take turns`, async () => {
    const report = await checkSequences({ runs, lengths, callers: docks, connects: false }, seedOfRun(), inMemory);
    tell("in memory", report);
    expect(report.failure).toBeUndefined();
    expect(report).toMatchObject({ sequences: runs });
    expect(report.fewestCommands).toBeGreaterThanOrEqual(50);
  });
});
