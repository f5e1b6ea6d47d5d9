import { allChecks, openConformanceRun, type BackendsTarget, type Check, type RunOptions } from "@opensds/testkit";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { leakedSecret } from "../leaked-secret.js";
import { touches } from "../trace.js";
import { toEnded } from "./ended.js";
import type { CompanyJob, Ended, Job, JobReport, MutantJob } from "./job.js";
import { runCompany } from "./run-company.js";

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
// Nobody waits for the report any more.
process.once("disconnect", () => process.exit());

async function run(job: Job): Promise<JobReport> {
  const beganMs = performance.now();
  const report = "members" in job ? await company(job) : await alone(job);
  return { untouched: [], ...report, ms: Math.round(performance.now() - beganMs) };
}

async function alone(job: MutantJob): Promise<Pick<JobReport, "ended" | "untouched">> {
  const { number, base, traceDirectory } = job;
  const corpus = corpusUrl();
  const text = number === "sound"
    ? `import { tracingOpener } from ${corpus};\nexport const openBackends = tracingOpener("${base}", ${JSON.stringify(traceDirectory)});\n`
    : `import { mutantAt } from ${corpus};\nexport const { openBackends, changed } = mutantAt("${base}", ${number});\n`;
  const { target, options, opener } = opening(job, text);
  const conformance = await openConformanceRun(target, options);
  const ended: Ended[] = [];
  const untouched: string[] = [];
  try {
    const changed = number === "sound" ? [] : [...(await changedBy(opener))];
    for (const check of allChecks) {
      const wanted = job.always.includes(check.id) || (job.others.includes(check.id) && mayTouch(job, changed, check));
      if (!wanted) {
        if (job.others.includes(check.id)) untouched.push(check.id);
        continue;
      }
      if (number === "sound" && traceDirectory !== undefined) writeFileSync(join(traceDirectory, "current"), check.id);
      ended.push(toEnded(await conformance.run(check)));
    }
  } finally {
    await conformance.close().catch(() => undefined);
  }
  return { ended, untouched };
}

async function company(job: CompanyJob): Promise<Pick<JobReport, "ended" | "suspicions">> {
  const file = join(job.directory, "company");
  const text = `import { companyOpener } from ${corpusUrl()};\nexport const openBackends = companyOpener("${job.base}", ${JSON.stringify(file)});\n`;
  const { target, options } = opening(job, text);
  return runCompany({ target, options, members: job.members, file });
}

/** Writes what the runner opens backends with: a module of no telling name. */
function opening(job: Job, text: string): { readonly target: BackendsTarget; readonly options: RunOptions; readonly opener: string } {
  const opener = join(job.directory, "opener.mjs");
  writeFileSync(opener, text);
  // Registered, and not found by its name: what is opened passes through the mutant's hands.
  const driverModules = job.base === "ceph" ? ["@opensds/driver-ceph"] : [];
  const target: BackendsTarget = { backends: job.backends, backend: job.backend, driverModules, opener };
  return { target, opener, options: { seed: job.seed, timeoutMs: job.timeoutMs, secrets: [leakedSecret] } };
}

const corpusUrl = (): string => JSON.stringify(pathToFileURL(fileURLToPath(new URL("./opener.js", import.meta.url))).href);

/** Which members the mutant changes, as the opened module has noted them. */
async function changedBy(opener: string): Promise<ReadonlySet<string>> {
  const loaded: unknown = await import(pathToFileURL(opener).href);
  const changed: unknown = typeof loaded === "object" && loaded !== null ? Reflect.get(loaded, "changed") : undefined;
  return new Set(changed instanceof Set ? [...changed].map(String) : []);
}

function mayTouch({ traceDirectory }: MutantJob, changed: readonly string[], check: Check): boolean {
  if (traceDirectory === undefined || changed.includes("opening")) return true;
  const trace = join(traceDirectory, check.id);
  // A check that was skipped on the sound driver has called nothing.
  return existsSync(trace) && touches(changed, new Set(readFileSync(trace, "utf8").split("\n")));
}
