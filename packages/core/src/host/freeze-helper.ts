import { spawn } from "node:child_process";
import { searchPath } from "./command.js";

/**
 * Freezes a file system and thaws it when its input ends, at the latest after a time.
 *
 * A frozen file system that nobody thaws stops every program that writes to it, so thawing hangs on nothing that can fail: this is a
 * process of its own that ignores polite signals; the kernel closes its input when the dock dies, however; its clock runs before it
 * freezes; and it keeps the directory open, so that neither a rename nor an unmount can take the file system out of its reach.
 *
 * Arguments: the directory, and the seconds. Says `frozen`, then `thawed 0` when its input ended first, `thawed 137` when the time did: only
 * it knows, because a dock that was busy hears of both at once.
 */
const script = `
trap '' HUP INT QUIT TERM PIPE
exec 4<&0
exec 5<"$1" || exit 70
timeout --signal=KILL "$2" cat <&4 >/dev/null 2>&1 &
clock=$!
fsfreeze --freeze /proc/self/fd/5 || exit 71
echo frozen
wait "$clock"
status=$?
tries=0
until said=$(fsfreeze --unfreeze /proc/self/fd/5 2>&1); do
  case $said in *'Invalid argument'*) break ;; esac
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || exit 72
  sleep 0.1
done
echo "thawed $status"
`;

/** How a helper ended. */
interface FreezeEnd {
  /** Whether it surely left nothing frozen. */
  readonly thawed: boolean;
  /** Whether everything was frozen until it was told to thaw. */
  readonly inTime: boolean;
  readonly complaint: string;
}

/** A helper that has a file system frozen, or is about to. */
export interface FreezeHelper {
  /** Fulfils with true when the file system is frozen, with false when the helper ended without. */
  readonly frozen: Promise<boolean>;
  readonly ended: Promise<FreezeEnd>;
  /** Tells it to thaw now. */
  thaw(): void;
}

/** Starts the helper; the lock's descriptor goes with it, so that nobody works on the volume before it has thawed. */
export function startFreezeHelper(directory: string, timeoutMs: number, lockFd: number): FreezeHelper {
  const env = { ...process.env, PATH: searchPath(), LC_ALL: "C" };
  const seconds = (timeoutMs / 1000).toFixed(3);
  // A session of its own: what ends the dock's terminal or process group does not end it.
  const child = spawn("sh", ["-c", script, "sh", directory, seconds], { env, cwd: "/", detached: true, stdio: ["pipe", "pipe", "pipe", lockFd] });
  const said = { stdout: "", stderr: "" };
  const [input, output, errors] = child.stdio;
  const ended = new Promise<FreezeEnd>((resolve) => {
    child.once("error", (error) => resolve({ thawed: true, inTime: false, complaint: error.message }));
    child.once("close", (exitCode) => {
      const complaint = said.stderr.trim().split("\n").at(-1) ?? "";
      const thawed = said.stdout.includes("thawed") || exitCode === 70 || exitCode === 71;
      resolve({ thawed, inTime: said.stdout.includes("thawed 0"), complaint });
    });
  });
  const frozen = new Promise<boolean>((resolve) => {
    output?.setEncoding("utf8").on("data", (text: string) => {
      said.stdout += text;
      if (said.stdout.includes("frozen")) resolve(true);
    });
    void ended.then(() => resolve(false));
  });
  errors?.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  // It may be gone already when it is told to thaw.
  input?.on("error", () => undefined);
  return { frozen, ended, thaw: () => input?.end() };
}
