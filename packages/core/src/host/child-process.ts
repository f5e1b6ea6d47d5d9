import { spawn } from "node:child_process";

/** How a child process ended. */
export interface ChildEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a child that was told to end may take before it is killed, unless it is said otherwise. */
const usualKillAfterMs = 1_000;
/** How long the output of a child that has exited is waited for: a daemon that it left behind may hold the pipes open. */
const drainMs = 200;
/** More than any tool of ours prints; what comes after is dropped. */
const maxOutput = 16 * 1024 * 1024;

/**
 * Runs a program to its end and collects what it printed; ends it when the signal fires, and returns only when it is
 * really gone. Rejects when it cannot be started.
 *
 * Node's own `spawn`, because a lock's descriptor has to be handed on whatever its number is (execa's types take 3 to 9).
 */
export function runChild(
  file: string,
  args: readonly string[],
  options: {
    readonly env: NodeJS.ProcessEnv;
    /** Handed on as descriptor 3. */
    readonly inheritFd: number | undefined;
    readonly signal: AbortSignal | undefined;
    readonly killAfterMs?: number | undefined;
  },
): Promise<ChildEnd> {
  const { killAfterMs = usualKillAfterMs } = options;
  return new Promise((resolve, reject) => {
    const extra = options.inheritFd === undefined ? [] : [options.inheritFd];
    const child = spawn(file, args, { env: options.env, stdio: ["ignore", "pipe", "pipe", ...extra] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        if (output[name].length < maxOutput) output[name] += text;
      });
    }

    let killer: NodeJS.Timeout | undefined;
    const end = (): void => {
      child.kill("SIGTERM");
      killer ??= setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    };
    let drain: NodeJS.Timeout | undefined;
    const forget = (): void => {
      clearTimeout(killer);
      clearTimeout(drain);
      options.signal?.removeEventListener("abort", end);
    };
    child.on("error", (error) => {
      forget();
      reject(error);
    });
    child.on("exit", () => {
      drain = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, drainMs);
    });
    child.on("close", (exitCode, signal) => {
      forget();
      resolve({ exitCode, signal, ...output });
    });
    if (options.signal?.aborted === true) end();
    else options.signal?.addEventListener("abort", end, { once: true });
  });
}
