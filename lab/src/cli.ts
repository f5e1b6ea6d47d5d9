import { type Command, parseCommand, USAGE } from "./arguments.js";
import { LabError, messageOf } from "./errors.js";
import { describeStatus } from "./describe.js";
import { labDown, labStatus, labUp } from "./lab.js";
import { createReporter, type Reporter } from "./progress.js";
import { startVm } from "./vm/vm.js";

/** A script that a person waits for may take its time. */
const VM_SCRIPT_MS = 9 * 60_000;

// Steps go to stderr, the answer to stdout: `status --json | jq` reads nothing else.
const reporter = createReporter(process.stderr);

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => {
    reporter.close();
    console.error("Interrupted. What is half done stays: `pnpm lab up` begins anew, `pnpm lab down` clears it away.");
    process.exit(name === "SIGINT" ? 130 : 143);
  });
}

try {
  await execute(parseCommand(process.argv.slice(2)), reporter);
} catch (error) {
  reporter.close();
  // What was not foreseen needs its stack; what was, needs its words.
  console.error(error instanceof LabError ? `lab: ${messageOf(error)}` : error);
  process.exitCode = error instanceof LabError ? error.exitCode : 1;
} finally {
  reporter.close();
}

async function execute(command: Command, { onProgress }: Reporter): Promise<void> {
  switch (command.name) {
    case "help":
      console.log(USAGE);
      return;
    case "up": {
      const begin = performance.now();
      const status = await labUp(command.backend, { ...command, onProgress });
      reporter.close();
      console.log(describeStatus(status));
      console.log(`Done in ${((performance.now() - begin) / 1000).toFixed(1)} s.`);
      return;
    }
    case "vm": {
      const vm = await startVm({ ...command, onProgress });
      try {
        const { exitCode, stdout, stderr } = await vm.run(command.script, { timeoutMs: VM_SCRIPT_MS });
        reporter.close();
        process.stdout.write(stdout);
        process.stderr.write(stderr);
        process.exitCode = exitCode;
      } finally {
        await vm.stop();
      }
      return;
    }
    case "down":
      await labDown({ ...command, onProgress });
      return;
    case "status": {
      const status = await labStatus(command);
      console.log(command.json ? JSON.stringify(status, null, 2) : describeStatus(status));
      return;
    }
  }
}
