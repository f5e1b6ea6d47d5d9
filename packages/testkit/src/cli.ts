#!/usr/bin/env node
import { interruption } from "./cli/interruption.js";
import { main } from "./cli/main.js";

const interrupted = interruption(() => process.stderr.write("\ninterrupted: removing what was made; once more leaves it there\n"));

// Whoever reads the output may have seen enough; what was made is removed all the same.
process.stdout.on("error", () => interrupted.abort());
process.stderr.on("error", () => undefined);

void main(process.argv.slice(2), process, interrupted.signal).then((code) => {
  process.exitCode = code;
  // A driver that holds on to a socket or a child must not keep the command from ending.
  setTimeout(() => process.exit(code), 2_000).unref();
});
