import { writeFile } from "node:fs/promises";
import { formatMs } from "./table.js";

/** Steps that are done one after the other, each of which works or does not. */
export interface Steps {
  /** Does one step and tells how it went; a failure is told and thrown on, since what follows builds on it. */
  step<Value>(what: string, work: () => Promise<Value>, describe?: (value: Value) => string): Promise<Value>;
  /** Does one step that nothing else builds on: a failure is told and counted, and the next step follows. */
  check(what: string, work: () => Promise<string | undefined>): Promise<void>;
  /** Notes what is left out, and why. */
  skip(what: string, why: string): void;
  /** Prints the counts, writes them to a file where one is named, and returns the exit code. */
  end(jsonFile: string | undefined): Promise<number>;
}

/** Begins. */
export function createSteps(): Steps {
  const counts = { passed: 0, failed: 0, skipped: [] as string[] };
  const tell = async <Value>(what: string, work: () => Promise<Value>, describe: (value: Value) => string | undefined): Promise<Value> => {
    const begin = performance.now();
    try {
      const value = await work();
      counts.passed += 1;
      const said = describe(value);
      console.log(`ok    ${what}${said === undefined || said === "" ? "" : `: ${said}`} (${formatMs(performance.now() - begin)})`);
      return value;
    } catch (error) {
      counts.failed += 1;
      console.log(`FAIL  ${what}\n${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  };
  return {
    step: (what, work, describe = () => "") => tell(what, work, describe),
    check: async (what, work) => {
      await tell(what, work, (said) => said).catch(() => undefined);
    },
    skip: (what, why) => {
      counts.skipped.push(`${what}: ${why}`);
      console.log(`skip  ${what}: ${why}`);
    },
    end: async (jsonFile) => {
      if (jsonFile !== undefined) await writeFile(jsonFile, JSON.stringify(counts));
      console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} skipped`);
      return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
    },
  };
}
