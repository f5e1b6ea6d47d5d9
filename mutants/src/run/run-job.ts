import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUp, directoryPrefix } from "./clean-up.js";
import type { CompanyJob, JobPlace, JobReport, MutantJob } from "./job.js";
import { withOwnMounts } from "./own-mounts.js";

/** Where a job's backends file is, once its directory is made. */
export type Placing = (directory: string) => Pick<JobPlace, "backends" | "backend">;

/** A job whose directory is still to be made. */
export type PlannedJob = (Omit<MutantJob, "directory" | "backends" | "backend"> | Omit<CompanyJob, "directory" | "backends" | "backend">) & {
  readonly place: Placing;
};

/** Milliseconds after which a job's process is ended: every check has a limit of its own, so this is for a process that hangs. */
const hangsMs = 45 * 60_000;

/** Runs a job in a process of its own, and takes away what it leaves; when the signal fires too. */
export async function runJob(planned: PlannedJob, script: string, signal: AbortSignal): Promise<JobReport> {
  signal.throwIfAborted();
  const { place, ...rest } = planned;
  const directory = await mkdtemp(join(tmpdir(), directoryPrefix));
  // Jobs run side by side, and some checks copy the mounts that they see. Without this process's loader, which none of them needs.
  const [command, ...args] = withOwnMounts([process.execPath, script]);
  // A group of its own: a job's process and those that it starts end together, and Ctrl-C leaves them to this process.
  const child = spawn(command, args, { env: { ...process.env, TMPDIR: directory }, stdio: ["ignore", "ignore", "inherit", "ipc"], detached: true });
  const exited = once(child, "exit").catch(() => undefined);
  const end = (): void => endGroup(child.pid);
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
    end();
    await exited;
    await cleanUp(directory);
  }
}

/** Ends a process and those of its group; they may be gone already. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
