#!/usr/bin/env node
import { main } from "./main.js";

const interruption = new AbortController();
let interruptedMs = 0;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (!interruption.signal.aborted) {
      interruptedMs = performance.now();
      interruption.abort();
    }
    // The second one is meant; not the first one again, which a terminal sends to all processes and npx then passes on.
    else if (performance.now() - interruptedMs > 1_000) process.exit(130);
  });
}

// Whoever reads the output may have seen enough: `opensds volume ls | head`.
process.stdout.on("error", () => process.exit(0));

const { stdin, stdout, stderr } = process;
// The question goes to standard error, so that a table or JSON in a file stays clean.
const terminal = stdin.isTTY && stderr.isTTY ? { input: stdin, output: stderr } : undefined;

void main(process.argv.slice(2), { stdout, stderr, terminal, interrupted: interruption.signal }).then((code) => {
  process.exitCode = code;
  // A driver that holds on to a socket or a child must not keep the command from ending.
  setTimeout(() => process.exit(code), 2_000).unref();
});
