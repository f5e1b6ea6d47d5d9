import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { printable } from "./text-table.js";
import { UsageError } from "./usage-error.js";

/** The terminal that questions are asked on; absent where there is none. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** Asks; anything but yes is no, and where nobody can be asked nothing is done. */
export async function confirm(question: string, terminal: Terminal | undefined, signal: AbortSignal): Promise<void> {
  if (terminal === undefined) throw new UsageError(`not done, and nobody to ask: ${question} Say so by --yes`);
  // The terminal's own line editing is enough, and Ctrl-C stays a signal.
  const lines = createInterface({ ...terminal, terminal: false });
  try {
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const answer = await Promise.race([lines.question(`${printable(question)} [y/N] `, { signal }), ended]);
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError("not done");
  } finally {
    lines.close();
  }
}
