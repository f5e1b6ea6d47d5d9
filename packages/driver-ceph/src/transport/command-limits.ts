import type { CommandRun } from "./command.js";
import { withLockWait } from "./lock-wait.js";

/** How long a command may take. */
export interface CommandLimits {
  /** As a whole: then it is ended. */
  readonly wholeMs: number;
  /** What it may wait for the cluster's answer to any one request of its own. */
  readonly requestMs: number;
}

/** librbd takes the image's lock for most of what changes an image, removals and renames too, and asks who has it to give it up. */
const mayWaitForLock = ({ tool, changes }: Pick<CommandRun, "tool" | "changes">): boolean => tool === "rbd" && changes;

/** The limits of one command, in a call that has so many milliseconds left. */
export function limitsOf(asked: Pick<CommandRun, "tool" | "changes" | "computes" | "atMostMs">, commandTimeoutMs: number, leftMs: number): CommandLimits {
  const usualMs = asked.computes === true ? Infinity : mayWaitForLock(asked) ? withLockWait(commandTimeoutMs) : commandTimeoutMs;
  const wholeMs = Math.min(leftMs, usualMs, asked.atMostMs ?? Infinity);
  return { wholeMs, requestMs: Math.min(wholeMs, commandTimeoutMs) };
}

/** The cluster's own limits for each request, in whole seconds, so that a command that outlives this process ends too. */
export function limitArguments(tool: CommandRun["tool"], requestMs: number): readonly string[] {
  const seconds = Math.max(1, Math.ceil(requestMs / 1000));
  // Reads files only.
  if (tool === "ceph-conf") return [];
  if (tool === "ceph") return [`--connect-timeout=${seconds}`];
  return [`--client-mount-timeout=${seconds}`, `--rados-mon-op-timeout=${seconds}`, `--rados-osd-op-timeout=${seconds}`];
}
