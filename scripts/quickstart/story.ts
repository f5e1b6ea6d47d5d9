import type { OnProgress } from "@opensds/lab";

/** One line of the table at the end. */
export interface StoryLine {
  readonly what: string;
  readonly result: string;
  readonly ms: number | undefined;
}

/** What the quickstart did, step by step. */
export interface Story {
  readonly lines: readonly StoryLine[];
  /** Does one step, shows it while it runs and keeps its time; `describe` words its result. */
  tell<Value>(what: string, work: () => Promise<Value>, describe: (value: Value) => string): Promise<Value>;
  /** The same for a step that takes things away: it is done after an interruption too. */
  finish<Value>(what: string, work: () => Promise<Value>, describe: (value: Value) => string): Promise<Value>;
  /** Notes a step that is left out, and why. */
  skip(what: string, why: string): void;
}

/** Begins a story, which goes no further once it is interrupted. */
export function createStory(onProgress: OnProgress, interrupted: AbortSignal): Story {
  const lines: StoryLine[] = [];
  const finish: Story["finish"] = async (what, work, describe) => {
    const begin = performance.now();
    onProgress({ step: what, phase: "begin" });
    try {
      const value = await work();
      const ms = performance.now() - begin;
      lines.push({ what, result: describe(value), ms });
      onProgress({ step: what, phase: "end", seconds: ms / 1_000 });
      return value;
    } catch (error) {
      onProgress({ step: what, phase: "failed", seconds: (performance.now() - begin) / 1_000 });
      throw error;
    }
  };
  return {
    lines,
    finish,
    tell: (what, work, describe) => (interrupted.aborted ? Promise.reject(new Error("interrupted")) : finish(what, work, describe)),
    skip: (what, why) => {
      lines.push({ what, result: `skipped: ${why}`, ms: undefined });
      onProgress({ step: `${what}: skipped, ${why}`, phase: "note" });
    },
  };
}
