import { allChecks, openConformanceRun, type BackendsTarget, type Check, type CheckResult } from "@opensds/testkit";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { leakedSecret } from "../leaked-secret.js";
import { touches } from "../trace.js";
import type { Ended, Job, JobReport } from "./job.js";

// A process for one job, which comes by IPC and whose report goes back the same way.
process.once("message", (message: Job) => {
  const answer = (said: { readonly report: JobReport } | { readonly failed: string }): void => {
    process.send?.(said, () => (process.connected ? process.disconnect() : undefined));
  };
  run(message).then(
    (report) => answer({ report }),
    (error: unknown) => answer({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

async function run(job: Job): Promise<JobReport> {
  const beganMs = performance.now();
  // What the runner sees is a module of no telling name, that opens backends.
  const opener = join(job.directory, "opener.mjs");
  writeFileSync(opener, openerText(job));
  // Registered, and not found by its name: what is opened passes through the mutant's hands.
  const driverModules = job.base === "ceph" ? ["@opensds/driver-ceph"] : [];
  const target: BackendsTarget = { backends: job.backends, backend: job.backend, driverModules, opener };
  const conformance = await openConformanceRun(target, { seed: job.seed, timeoutMs: job.timeoutMs, secrets: [leakedSecret] });
  const ended: Ended[] = [];
  const untouched: string[] = [];
  try {
    const changed = job.number === "sound" ? [] : [...(await changedBy(opener))];
    for (const check of allChecks) {
      const wanted = job.always.includes(check.id) || (job.others.includes(check.id) && mayTouch(job, changed, check));
      if (!wanted) {
        if (job.others.includes(check.id)) untouched.push(check.id);
        continue;
      }
      if (job.number === "sound" && job.traceDirectory !== undefined) writeFileSync(join(job.traceDirectory, "current"), check.id);
      ended.push(toEnded(await conformance.run(check)));
    }
  } finally {
    await conformance.close().catch(() => undefined);
  }
  return { ended, untouched, ms: Math.round(performance.now() - beganMs) };
}

function openerText({ base, number, traceDirectory }: Job): string {
  const corpus = JSON.stringify(pathToFileURL(fileURLToPath(new URL("./opener.js", import.meta.url))).href);
  if (number !== "sound") return `import { mutantAt } from ${corpus};\nexport const { openBackends, changed } = mutantAt("${base}", ${number});\n`;
  return `import { tracingOpener } from ${corpus};\nexport const openBackends = tracingOpener("${base}", ${JSON.stringify(traceDirectory)});\n`;
}

/** Which members the mutant changes, as the opened module has noted them. */
async function changedBy(opener: string): Promise<ReadonlySet<string>> {
  const loaded: unknown = await import(pathToFileURL(opener).href);
  const changed: unknown = typeof loaded === "object" && loaded !== null ? Reflect.get(loaded, "changed") : undefined;
  return new Set(changed instanceof Set ? [...changed].map(String) : []);
}

function mayTouch({ traceDirectory }: Job, changed: readonly string[], check: Check): boolean {
  if (traceDirectory === undefined || changed.includes("opening")) return true;
  const trace = join(traceDirectory, check.id);
  // A check that was skipped on the sound driver has called nothing.
  return existsSync(trace) && touches(changed, new Set(readFileSync(trace, "utf8").split("\n")));
}

const toEnded = ({ id, status, ms, reason, error, leftovers = [] }: CheckResult): Ended => {
  const actual = error?.actual === undefined ? "" : ` - ${error.actual}`;
  const left = leftovers.length === 0 || error === undefined ? "" : ` [left: ${leftovers.join("; ")}]`;
  return { id, status, ms, says: error === undefined ? reason : `${error.message}${actual}${left}`.slice(0, 500) };
};
