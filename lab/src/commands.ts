import { LabError } from "./errors.js";

export interface RunOptions {
  readonly input?: string | undefined;
  readonly timeoutMs?: number | undefined;
  /** Default: the caller's own environment without its Ceph settings. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

export interface RunResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** The caller's own Ceph settings (CEPH_CONF, CEPH_ARGS, CEPH_KEYRING) must not reach into the lab. */
export function labEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith("CEPH_"));
  return { ...Object.fromEntries(kept), LC_ALL: "C" };
}

/** For services: nothing of the caller's own but where programs are, so that no proxy, Python path or cloud of his reaches in. */
export function serviceEnvironment(): NodeJS.ProcessEnv {
  return { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", HOME: "/nonexistent" };
}

/** Runs a command and tells how it went; throws only when it cannot be started. */
export async function tryRun(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  // Loaded when needed: it takes longer than all of `status`, which runs no command.
  const { execa } = await import("execa");
  const result = await execa(file, args, {
    reject: false,
    extendEnv: false,
    env: options.env ?? labEnvironment(),
    input: options.input ?? "",
    timeout: options.timeoutMs ?? 60_000,
  });
  if (result.code === "ENOENT") throw new LabError(`${file}: this program is not installed.`);
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr, timedOut: result.timedOut };
}

/** Runs a command that has to succeed, and returns its output. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(file, args, options);
  if (result.exitCode === 0) return result.stdout;
  const how = result.timedOut ? "took too long" : `failed with exit code ${result.exitCode ?? "none"}`;
  throw new LabError(`${file} ${args.join(" ")}: ${how}\n${lastLines(result.stderr || result.stdout)}`);
}

export function lastLines(text: string, count = 12): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
