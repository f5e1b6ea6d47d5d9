import { execa } from "execa";
import type { Call } from "../call.js";
import { CommandFailure, errno } from "./command-failure.js";
import { limitArguments, limitsOf } from "./command-limits.js";

/** How this driver's commands reach the cluster. */
export interface CommandSettings {
  /** Path of the `ceph.conf`. */
  readonly conf: string;
  /** The cephx user, without `client.`. */
  readonly user: string;
  /** Path of a keyring; default: what the `ceph.conf` says. A key itself is never handed over. */
  readonly keyring?: string | undefined;
  /** The most milliseconds for one command, within the call's own deadline; what may wait for a lock gets more (see `limitsOf`). */
  readonly commandTimeoutMs: number;
}

/** What a command is, besides its arguments. */
export interface CommandRun {
  readonly tool: "ceph" | "ceph-conf" | "rados" | "rbd";
  /** The command's words, for error messages: `trash mv`. They come first in the arguments. */
  readonly words: readonly string[];
  readonly args: readonly string[];
  /** Whether it may change the cluster. */
  readonly changes: boolean;
  readonly input?: Uint8Array | undefined;
  /** What it prints is no text: each byte is a character of what is returned. */
  readonly bytes?: boolean | undefined;
  /** Whether it spends its time on computing: then it may take what the call has left, and only the cluster's answers have a limit. Default false. */
  readonly computes?: boolean | undefined;
  /** The most milliseconds for this command, where that is less than usual. */
  readonly atMostMs?: number | undefined;
  /** Error numbers with which it may end and still has told what was asked: what it printed is returned. */
  readonly alsoFine?: readonly number[] | undefined;
  /** Fires when the pool was found full: the command is ended and fails with EDQUOT. */
  readonly poolIsFull?: AbortSignal | undefined;
}

/** Runs one command and fulfils with what it printed. Fails with `CommandFailure`. */
export type RunCommand = (call: Call, run: CommandRun) => Promise<string>;

/** Time for a command to give up by its own time limit, before it is killed. */
const graceMs = 500;

/** How a command ends that has failed in itself. */
const crashes: readonly string[] = ["SIGABRT", "SIGSEGV", "SIGBUS"];
/** A command that crashes so often crashes always. */
const mostTries = 3;
/** The most that a command may print: a pool's list of a million names fits. */
const maxOutputBytes = 256 * 1024 * 1024;

/** Runs a command that only reads, for as long as it takes, and streams what it prints. Leaving the loop ends it. Fails with `CommandFailure`. */
export type StreamCommand = (call: Call, run: Pick<CommandRun, "tool" | "words" | "args">) => AsyncIterable<string>;

/** Makes the door for commands whose output is read while it comes. */
export function createStreams(settings: CommandSettings): StreamCommand {
  return async function* (call, { tool, words, args }) {
    const command = `${tool} ${words.join(" ")}`;
    const child = execa(tool, [...words, ...args, ...whoOf(settings), ...limitArguments(tool, settings.commandTimeoutMs)], {
      reject: false,
      cancelSignal: call.ctx.signal,
      killSignal: "SIGKILL",
      stdin: "ignore",
      buffer: { stdout: false },
      maxBuffer: maxOutputBytes,
    });
    let left = true;
    try {
      const decoder = new TextDecoder();
      // A child that could not be started has no output; how it ended is told below.
      for await (const chunk of child.stdout) yield decoder.decode(Buffer.from(chunk), { stream: true });
      left = false;
    } finally {
      if (left) child.kill("SIGKILL");
    }
    const result = await child;
    call.ctx.signal.throwIfAborted();
    if (!result.failed) return;
    if (result.code === "ENOENT") throw new CommandFailure(command, undefined, `${tool} is not installed`, { missingTool: true });
    const { exitCode, stderr } = result;
    if (exitCode === undefined) throw new CommandFailure(command, undefined, `ended by ${result.signal ?? result.code ?? "unknown"}`);
    throw new CommandFailure(command, errnoOf(tool, exitCode, stderr), lastLine(stderr), { exitedWith: exitCode });
  };
}

/** The arguments that say which cluster, and as whom. */
const whoOf = ({ conf, user, keyring }: CommandSettings): readonly string[] => [
  `--conf=${conf}`,
  `--id=${user}`,
  ...(keyring === undefined ? [] : [`--keyring=${keyring}`]),
];

/** Makes the one door through which this driver starts processes. */
export function createCommands(settings: CommandSettings): RunCommand {
  const who = whoOf(settings);

  const run = async (call: Call, asked: CommandRun, left: number): Promise<string> => {
    const { tool, words, args, changes, input, bytes = false, alsoFine, poolIsFull } = asked;
    const { ctx } = call;
    ctx.signal.throwIfAborted();
    if (changes) call.changed = true;
    const { wholeMs, requestMs } = limitsOf(asked, settings.commandTimeoutMs, ctx.remainingMs());
    const command = `${tool} ${words.join(" ")}`;
    const startedAt = performance.now();
    const result = await execa(tool, [...words, ...args, ...who, ...limitArguments(tool, requestMs)], {
      reject: false,
      cancelSignal: poolIsFull === undefined ? ctx.signal : AbortSignal.any([ctx.signal, poolIsFull]),
      // Every write of this driver is conditional, so a command may be ended at any point.
      killSignal: "SIGKILL",
      timeout: wholeMs + graceMs,
      maxBuffer: maxOutputBytes,
      ...(bytes && { encoding: "latin1", stripFinalNewline: false }),
      // Times are printed in the local zone and without its name.
      env: { TZ: "UTC" },
      ...(input === undefined ? { stdin: "ignore" } : { input }),
    });
    ctx.log.debug(`${command}: ${result.failed ? "failed" : "done"} after ${Math.round(performance.now() - startedAt)} ms`);
    if (!result.failed) return result.stdout;
    ctx.signal.throwIfAborted();
    if (poolIsFull?.aborted === true) throw new CommandFailure(command, errno.EDQUOT, "the pool is full");
    if (result.timedOut) throw new CommandFailure(command, errno.ETIMEDOUT, `no answer within ${Math.round(wholeMs)} ms`);
    if (result.code === "ENOENT") throw new CommandFailure(command, undefined, `${tool} is not installed`, { missingTool: true });
    // librbd asserts, as when another client removes the same snapshot. Every write is conditional or the same when done twice.
    if (result.signal !== undefined && crashes.includes(result.signal) && left > 1) return run(call, asked, left - 1);
    if (result.exitCode === undefined) throw new CommandFailure(command, undefined, `ended by ${result.signal ?? result.code ?? "unknown"}`);
    const { exitCode, stderr } = result;
    const number = errnoOf(tool, exitCode, stderr);
    if (number !== undefined && alsoFine?.includes(number) === true) return result.stdout;
    throw new CommandFailure(command, number, lastLine(stderr), { exitedWith: exitCode });
  };
  return (call, asked) => run(call, asked, mostTries);
}

/** `rbd` and `ceph` exit with the error number; `rados` exits with 1 and names the number in its last words. */
function errnoOf(tool: CommandRun["tool"], exitCode: number, stderr: string): number | undefined {
  const named = [...stderr.matchAll(/\((\d{1,3})\) [A-Z]/g)].at(-1)?.[1];
  // An exit with 1 is also what a command gives that did not understand its arguments.
  if (tool === "rados" || exitCode === 1) return named === undefined ? undefined : Number(named);
  return exitCode;
}

function lastLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return (lines.findLast((line) => line !== "") ?? "").slice(0, 500);
}
