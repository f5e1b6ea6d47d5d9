import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { AttachmentRecord, Device } from "../model/attachment.js";
import type { VolumeId } from "../model/ids.js";
import type { Attacher } from "./attach.js";
import { withPartitions } from "./block-device.js";
import { complaint, requireRoot, requireTool, run } from "./command.js";
import { startFreezeHelper } from "./freeze-helper.js";
import { findMounts } from "./held.js";
import { withHostLock, type HostLock } from "./host-lock.js";
import { readMounts } from "./mountinfo.js";

/** What {@link whileFrozen} works on. */
export interface FreezeSite {
  readonly attacher: Attacher;
  readonly runtimeDir: string;
}

/** Runs steps while the file systems that are mounted from these attachments' devices are frozen. */
export async function whileFrozen<Value>(
  records: readonly AttachmentRecord[],
  timeoutMs: number,
  steps: (signal: AbortSignal) => Promise<Value>,
  site: FreezeSite,
  ctx: CallContext,
  signal = ctx.signal,
): Promise<Value> {
  const [record, ...others] = records;
  if (record === undefined) return steps(signal);
  const inner = (innerSignal: AbortSignal): Promise<Value> => whileFrozen(others, timeoutMs, steps, site, ctx, innerSignal);
  const { device, attachment } = record;
  if (device === null || !(await site.attacher.isPresent(device, ctx))) return inner(signal);
  requireRoot(ctx);
  return withHostLock(ctx, site.runtimeDir, attachment.volumeId, async (lock) => {
    await thawLeftover(attachment.volumeId, site.runtimeDir, lock, ctx);
    const directory = await findFileSystem(device, ctx);
    if (directory === undefined) return inner(signal);
    return freezeOne({ directory, volumeId: attachment.volumeId, timeoutMs, lock, signal }, inner, site, ctx);
  });
}

interface Freeze {
  /** A directory of the file system that this process can open. */
  readonly directory: string;
  readonly volumeId: VolumeId;
  readonly timeoutMs: number;
  readonly lock: HostLock;
  readonly signal: AbortSignal;
}

async function freezeOne<Value>(freeze: Freeze, steps: (signal: AbortSignal) => Promise<Value>, site: FreezeSite, ctx: CallContext): Promise<Value> {
  const { directory, volumeId, timeoutMs, lock, signal } = freeze;
  await requireTool(ctx, "fsfreeze");
  // What is written now need not be written while everybody waits.
  await run(ctx, "sync", ["--file-system", directory], { lockFd: lock.fd });
  await ctx.step("freeze");
  await writeNote(site.runtimeDir, volumeId, directory);
  const helper = startFreezeHelper(directory, timeoutMs, lock.fd);
  const stop = new AbortController();
  const cancel = (): void => {
    stop.abort(signal.reason);
    helper.thaw();
  };
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  const early = helper.ended.then(async ({ thawed }) => {
    // The helper was killed: whoever did that may have left us alive.
    if (!thawed) await thaw(directory, lock, ctx);
    const error = freezeEnded(ctx, timeoutMs, "unknown", "may have been");
    stop.abort(error);
    throw error;
  });
  early.catch(() => undefined);
  try {
    if (!(await helper.frozen)) throw freezeFailed(ctx, directory, (await helper.ended).complaint);
    signal.throwIfAborted();
    const value = await Promise.race([steps(stop.signal), early]);
    helper.thaw();
    if ((await helper.ended).inTime) return value;
    throw freezeEnded(ctx, timeoutMs, "applied", "was");
  } finally {
    signal.removeEventListener("abort", cancel);
    helper.thaw();
    await early.catch(() => undefined);
    await removeNote(site.runtimeDir, volumeId);
  }
}

/** A directory of the writable file system on a device, in whatever mount namespace; undefined when none is mounted. */
async function findFileSystem(device: Device, ctx: CallContext): Promise<string | undefined> {
  const numbers = new Set((await withPartitions(device.path)).map(({ number }) => number));
  const mounts = (await readMounts()).filter(({ number, superOptions }) => numbers.has(number) && !superOptions.includes("ro"));
  const [own] = mounts;
  if (new Set(mounts.map(({ number }) => number)).size > 1) {
    const message = `several file systems are mounted from partitions of ${device.path}; take the snapshot without freezing, or freeze them yourself`;
    throw ctx.fail("FAILED_PRECONDITION", "freeze-failed", message, { outcome: "none", recovery: "operator" });
  }
  if (own !== undefined) return own.mountPoint;
  const [elsewhere] = await findMounts(device.path);
  if (elsewhere?.pid === undefined || elsewhere.mountPoint === undefined) return undefined;
  return `/proc/${elsewhere.pid}/root${elsewhere.mountPoint}`;
}

/**
 * Thaws what a dock and its helper left frozen that were killed together, as everything in a container is. Whoever has the volume's
 * lock knows that no helper is at work.
 */
export async function thawLeftover(volumeId: VolumeId, runtimeDir: string, lock: HostLock, ctx: CallContext): Promise<void> {
  const directory = await readFile(noteOf(runtimeDir, volumeId), "utf8").catch(() => undefined);
  if (directory === undefined) return;
  if (await thaw(directory, lock, ctx)) ctx.log.warn(`thawed ${directory}, which a killed dock had left frozen`);
  await removeNote(runtimeDir, volumeId);
}

/** Whether there was something to thaw. */
async function thaw(directory: string, lock: HostLock, ctx: CallContext): Promise<boolean> {
  const result = await run(ctx, "fsfreeze", ["--unfreeze", directory], { lockFd: lock.fd, always: true });
  return result.exitCode === 0;
}

const noteOf = (runtimeDir: string, volumeId: VolumeId): string =>
  join(runtimeDir, "frozen", createHash("sha256").update(volumeId).digest("hex").slice(0, 32));

async function writeNote(runtimeDir: string, volumeId: VolumeId, directory: string): Promise<void> {
  await mkdir(join(runtimeDir, "frozen"), { recursive: true, mode: 0o700 });
  await writeFile(noteOf(runtimeDir, volumeId), directory);
}

const removeNote = (runtimeDir: string, volumeId: VolumeId): Promise<void> => rm(noteOf(runtimeDir, volumeId), { force: true });

function freezeFailed(ctx: CallContext, directory: string, said: string): Error {
  const busy = /busy/i.test(said) ? "; it is frozen already, by somebody else" : "";
  const why = complaint("sh", { exitCode: 71, stdout: "", stderr: said });
  return ctx.fail("FAILED_PRECONDITION", "freeze-failed", `cannot freeze the file system at ${directory}: ${why}${busy}`, { outcome: "none", recovery: "operator" });
}

const freezeEnded = (ctx: CallContext, timeoutMs: number, outcome: "applied" | "unknown", happened: string): Error =>
  ctx.fail(
    "DEADLINE_EXCEEDED",
    "freeze-ended",
    `the file system was thawed after ${timeoutMs} ms, before the work on the frozen one had ended: what it made ${happened} made of a file system in use; delete it and ask again with a longer freeze`,
    { outcome, recovery: "fix-request", details: { timeoutMs } },
  );
