// npm run quickstart: one volume, from create to delete, with a table of what was done and how long it took.
import { createReporter } from "@opensds/lab";
import { formatMs, table } from "../lib/table.js";
import { readArguments, usage, type QuickstartArguments } from "./arguments.js";
import { play } from "./play.js";
import { setStage } from "./stage.js";
import { createStory } from "./story.js";

const options = readArguments(process.argv.slice(2));
if (options === "help") {
  console.log(usage);
} else if ("problem" in options) {
  console.error(`${options.problem}\n\n${usage}`);
  process.exitCode = 2;
} else {
  process.exitCode = await run(options);
}

async function run(wanted: QuickstartArguments): Promise<number> {
  const reporter = createReporter(process.stderr);
  const interrupted = new AbortController();
  const story = createStory(reporter.onProgress, interrupted.signal);
  let failure: Error | undefined;
  let left: readonly string[] = [];
  // More than once: npm passes on what the terminal has sent already.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!interrupted.signal.aborted) reporter.onProgress({ step: "interrupted: what is running ends, then what was made goes", phase: "note" });
      interrupted.abort();
    });
  }
  try {
    const stage = await setStage(wanted, reporter.onProgress);
    try {
      await play(stage, story);
    } catch (error) {
      failure = asError(error);
    }
    left = await stage.clear();
  } catch (error) {
    failure ??= asError(error);
  }
  reporter.close();

  const rows = story.lines.map(({ what, result, ms }) => [what, result, ms === undefined ? "" : formatMs(ms)]);
  if (rows.length > 0) console.log(`\n${table(["step", "result", "time"], rows)}\n`);
  if (interrupted.signal.aborted && left.length === 0) {
    console.error("Interrupted; what was made is removed.");
    return 130;
  }
  if (failure !== undefined) {
    console.error(`The quickstart failed: ${failure.message}`);
    return 1;
  }
  if (left.length > 0) {
    console.error(`The quickstart left something behind:\n${left.map((one) => `  ${one}`).join("\n")}`);
    return 1;
  }
  console.log("Nothing is left behind: no loop device, no mount, no file.");
  return 0;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
