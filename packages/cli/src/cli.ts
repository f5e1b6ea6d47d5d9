#!/usr/bin/env node
import { main } from "./main.js";

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // The second one is meant.
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort();
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
