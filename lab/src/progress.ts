export interface ProgressEvent {
  readonly step: string;
  readonly phase: "begin" | "end" | "failed" | "note";
  /** How long the step took, when it has ended. */
  readonly seconds?: number;
}

export type OnProgress = (event: ProgressEvent) => void;

/** Runs one step and reports its beginning, its end and its time. */
export async function step<T>(onProgress: OnProgress, name: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1000;
  onProgress({ step: name, phase: "begin" });
  try {
    const result = await work();
    onProgress({ step: name, phase: "end", seconds: seconds() });
    return result;
  } catch (error) {
    onProgress({ step: name, phase: "failed", seconds: seconds() });
    throw error;
  }
}

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Reporter {
  readonly onProgress: OnProgress;
  /** Clears the live line; call it before anything else is written to the terminal. */
  close(): void;
}

/** On a terminal one line that lives, and one that stays for each step done; elsewhere only the latter. */
export function createReporter(stream: ProgressStream): Reporter {
  return stream.isTTY === true ? liveReporter(stream) : plainReporter(stream);
}

function describe({ step, phase, seconds }: ProgressEvent): string {
  if (phase === "note") return step;
  return `${phase === "failed" ? "FAILED " : ""}${step}  ${(seconds ?? 0).toFixed(1)} s`;
}

function plainReporter(stream: ProgressStream): Reporter {
  return {
    onProgress: (event) => {
      if (event.phase !== "begin") stream.write(`${describe(event)}\n`);
    },
    close: () => undefined,
  };
}

function liveReporter(stream: ProgressStream): Reporter {
  const running = new Map<string, number>();
  // A terminal that nobody has sized says 0.
  const width = stream.columns === undefined || stream.columns === 0 ? 80 : stream.columns;
  const clear = (): void => void stream.write("\r\u001b[2K");
  const draw = (): void => {
    const now = performance.now();
    const text = [...running].map(([name, begin]) => `${name} ${((now - begin) / 1000).toFixed(0)} s`).join(", ");
    clear();
    if (text !== "") stream.write(`... ${text}`.slice(0, width - 1));
  };
  const timer = setInterval(draw, 200);
  timer.unref();
  return {
    onProgress: (event) => {
      if (event.phase === "begin") running.set(event.step, performance.now());
      else {
        running.delete(event.step);
        clear();
        stream.write(`${describe(event)}\n`);
      }
      draw();
    },
    close: () => {
      clearInterval(timer);
      clear();
    },
  };
}
