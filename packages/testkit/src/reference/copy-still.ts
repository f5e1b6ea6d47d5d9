import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { copyFile, open, stat, type FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { KiB, MiB, type CallContext } from "@opensds/core";
import { errnoOf, removeTree } from "./file-system.js";

/*
 * What a file held at one moment, though a device that somebody writes to may be on it.
 *
 * Where the file system shares blocks between files (reflinks), it makes such a copy at once. Elsewhere bytes are copied, and the copy
 * is good if nothing was written meanwhile. The file's time of change tells, though it only moves with the kernel's clock ticks: so the
 * file must have been still for longer than a tick before the copying begins, and any write after that shows. Several files that were
 * all still at once have been copied at one moment, all of them. A file that is never still cannot be copied: the caller is told.
 */

/** What a copy needs of a call. */
export type CopyCall = Pick<CallContext, "signal" | "remainingMs">;

/** One file to copy. The copy gets the given size: more than the source has reads as zeros. */
export interface FileCopy {
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
}

/** What was to be copied is gone, or another file has taken its place: look again. */
export class SourceGone extends Error {}

/** What was to be copied is written to all the time. */
export class SourceBusy extends Error {}

/** Several times a tick of the kernel's clock, which is 10 ms at most. */
const stillMs = 25;
const patienceMs = 5_000;

/** Copies files, all as they are at one moment. Holes stay holes. Throws {@link SourceGone} or {@link SourceBusy}. */
export async function copyStill(copies: readonly FileCopy[], call: CopyCall): Promise<void> {
  const patience = AbortSignal.timeout(Math.min(patienceMs, Math.ceil(call.remainingMs() / 2)));
  const [only] = copies;
  if (only !== undefined && copies.length === 1 && (await reflink(only))) return settle(copies);
  for (;;) {
    const before = await stamps(copies);
    await sleep(stillMs, undefined, { signal: call.signal });
    if (before === (await stamps(copies))) {
      for (const { from, to } of copies) await copySparse(from, to, call.signal);
      if (before === (await stamps(copies))) return settle(copies);
    }
    if (patience.aborted) throw new SourceBusy("the source is being written to");
  }
}

/** Changes with every write to one of the files, and when another file takes the place of one. */
async function stamps(copies: readonly FileCopy[]): Promise<string> {
  try {
    const stats = await Promise.all(copies.map(({ from }) => stat(from, { bigint: true })));
    return stats.map(({ ino, size, mtimeNs, ctimeNs }) => `${ino}/${size}/${mtimeNs}/${ctimeNs}`).join();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw new SourceGone("the source is gone");
    throw error;
  }
}

async function reflink({ from, to }: FileCopy): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") await stamps([{ from, to, sizeBytes: 0 }]);
    await removeTree(to);
    return false;
  }
}

/** Gives the copies their sizes and waits until they are on the disk. */
async function settle(copies: readonly FileCopy[]): Promise<void> {
  for (const { to, sizeBytes } of copies) {
    const file = await open(to, "r+");
    try {
      await file.truncate(sizeBytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

const run = promisify(execFile);

/** GNU cp asks the kernel where the holes are, which Node cannot; elsewhere everything is read. */
async function copySparse(from: string, to: string, signal: AbortSignal): Promise<void> {
  await removeTree(to);
  if (process.platform === "linux") {
    try {
      await run("cp", ["--sparse=auto", "--no-target-directory", "--", from, to], { signal });
      return;
    } catch {
      signal.throwIfAborted();
      await removeTree(to);
    }
  }
  await copyBlocks(from, to, signal);
}

const blockBytes = 64 * KiB;

async function copyBlocks(from: string, to: string, signal: AbortSignal): Promise<void> {
  const source = await openSource(from);
  try {
    const target = await open(to, "wx", 0o600);
    try {
      const chunk = Buffer.allocUnsafe(4 * MiB);
      const zeros = Buffer.alloc(blockBytes);
      for (let position = 0; ; position += chunk.length) {
        signal.throwIfAborted();
        const { bytesRead } = await source.read(chunk, 0, chunk.length, position);
        if (bytesRead === 0) return;
        for (let start = 0; start < bytesRead; start += blockBytes) {
          const block = chunk.subarray(start, Math.min(start + blockBytes, bytesRead));
          if (!block.equals(zeros.subarray(0, block.length))) await target.write(block, 0, block.length, position + start);
        }
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function openSource(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw new SourceGone("the source is gone");
    throw error;
  }
}
