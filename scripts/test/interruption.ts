import { constants } from "node:os";

/** What can be told to end: a step's process. */
interface Running {
  kill(signal: NodeJS.Signals): boolean;
}

/** Milliseconds that a step gets to take away what it made. */
const patienceMs = 120_000;

const running = new Set<Running>();
let first: NodeJS.Signals | undefined;

/** The signal by which somebody ends this run; undefined while nobody does. */
export const interruptedBy = (): NodeJS.Signals | undefined => first;

/** As a shell tells it. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/** From now on a signal ends the running step, and the run after it: what both brought up is taken down first. */
export function listenForSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // More than once: a terminal tells all processes of a command, and npm passes it on.
    process.on(signal, () => {
      const isFirst = first === undefined;
      first ??= signal;
      if (!isFirst) return;
      console.error(`\n*** interrupted by ${signal}: waiting for what is running to take away what it made`);
      // A terminal's Ctrl-C has reached the step already, and a second one would end it as it is.
      if (signal !== "SIGINT" || !process.stdin.isTTY) for (const step of running) step.kill(signal);
      setTimeout(() => running.forEach((step) => step.kill("SIGKILL")), patienceMs).unref();
    });
  }
}

/** Starts a step and waits for it, unless the run is to end. */
export async function untilEnded<Step extends Running & PromiseLike<unknown>>(start: () => Step): Promise<Awaited<Step>> {
  if (first !== undefined) throw new Error(`not begun: the run was interrupted by ${first}`);
  const step = start();
  running.add(step);
  try {
    return await step;
  } finally {
    running.delete(step);
  }
}
