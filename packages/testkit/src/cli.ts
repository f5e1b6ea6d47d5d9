#!/usr/bin/env node
import { main } from "./cli/main.js";

const interruption = new AbortController();
process.on("SIGINT", () => {
  // The second one is meant.
  if (interruption.signal.aborted) process.exit(130);
  interruption.abort();
  process.stderr.write("\ninterrupted: removing what was made; once more leaves it there\n");
});

// Whoever reads the output may have seen enough.
process.stdout.on("error", () => process.exit(1));

void main(process.argv.slice(2), process, interruption.signal).then((code) => {
  process.exitCode = code;
  // A driver that holds on to a socket or a child must not keep the command from ending.
  setTimeout(() => process.exit(code), 2_000).unref();
});
