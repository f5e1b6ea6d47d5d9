import type { CommandRun } from "./command.js";

/** How long a command may take. */
export interface CommandLimits {
  /** As a whole: then it is ended. */
  readonly wholeMs: number;
  /** What it may wait for the cluster's answer to any one request of its own. */
  readonly requestMs: number;
}

/**
 * The least that a command gets which may wait for an image's lock. Who died with it is believed to hold it until an OSD forgets the client, 30 s
 * after its last sign of life (`osd_client_watch_timeout`); then librbd takes the lock away, which is a few more requests. The cluster answers all
 * the while, so that the limit of one request says nothing of this wait; and a command that is killed while it waits is one more client to be forgotten.
 */
const lockWaitMs = 45_000;

/** librbd takes the image's lock for most of what changes an image, and asks who has it to give it up. */
const mayWaitForLock = ({ tool, changes }: Pick<CommandRun, "tool" | "changes">): boolean => tool === "rbd" && changes;

/** The limits of one command, in a call that has so many milliseconds left. */
export function limitsOf(asked: Pick<CommandRun, "tool" | "changes" | "atMostMs">, commandTimeoutMs: number, leftMs: number): CommandLimits {
  const usualMs = mayWaitForLock(asked) ? Math.max(commandTimeoutMs, lockWaitMs) : commandTimeoutMs;
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
