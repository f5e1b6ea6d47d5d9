import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUp } from "./clean-up.js";
import type { Job, JobReport } from "./job.js";

/** A job whose directory is still to be made. */
export type PlannedJob = Omit<Job, "directory" | "backends" | "backend"> & {
  readonly place: (directory: string) => Pick<Job, "backends" | "backend">;
};

/** Milliseconds after which a job's process is ended: every check has a limit of its own, so this is for a process that hangs. */
const hangsMs = 45 * 60_000;

/**
 * Jobs run side by side, and some checks copy the mounts that they see into a namespace of their own: another job's would be held there.
 * As root each job sees its own mounts only; nobody else mounts.
 */
const ownMounts = (): readonly [string, ...string[]] | readonly [] =>
  process.getuid?.() === 0 ? ["unshare", "--mount", "--propagation", "private"] : [];

/** Runs a job in a process of its own, and takes away what it leaves; when the signal fires too. */
export async function runJob(planned: PlannedJob, script: string, signal: AbortSignal): Promise<JobReport> {
  signal.throwIfAborted();
  const { place, ...rest } = planned;
  const directory = await mkdtemp(join(tmpdir(), "sbmutants-"));
  // Without this process's loader, which the job's processes would all inherit and none needs.
  const [command, ...args] = [...ownMounts(), process.execPath, script];
  const child = spawn(command, args, { env: { ...process.env, TMPDIR: directory }, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const end = (): unknown => child.kill("SIGKILL");
  const timer = setTimeout(end, hangsMs);
  signal.addEventListener("abort", end, { once: true });
  try {
    return await new Promise<JobReport>((resolve, reject) => {
      child.once("message", (message: { readonly report?: JobReport; readonly failed?: string }) => {
        if (message.report !== undefined) resolve(message.report);
        else reject(new Error(message.failed ?? "the job said nothing"));
      });
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`the job's process ended with ${signal ?? `exit code ${code ?? "unknown"}`}`)));
      child.send({ ...rest, directory, ...place(directory) });
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await cleanUp(directory);
  }
}
