/** Decides which of several callers goes on, so that the same chance gives the same interleaving. */
export interface Turns {
  /** Fulfils when it is this caller's turn. */
  wait(): Promise<void>;
  /** Gives turns until the work is done. */
  until<Value>(work: Promise<Value>): Promise<Value>;
}

/** Turns among callers that wait for nothing but turns (no disk, no timer): then nothing else decides what comes first. */
export function createTurns(chance: () => number): Turns {
  const waiting: (() => void)[] = [];
  return {
    wait: () => new Promise((resolve) => void waiting.push(resolve)),
    until: async (work) => {
      const ended = new AbortController();
      void work.then(
        () => ended.abort(),
        () => ended.abort(),
      );
      for (;;) {
        // By the next turn of the event loop everybody has got as far as it can.
        await new Promise((resolve) => setImmediate(resolve));
        if (ended.signal.aborted) return work;
        const [next] = waiting.splice(Math.floor(chance() * waiting.length), 1);
        next?.();
      }
    },
  };
}
