import { closeSync, fstatSync, ftruncateSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { formatBytes, type BackendExpandRequest, type BackendFacets, type CallContext, type ExpandVolumeResult } from "@opensds/core";
import { requireSpace } from "./capacity.js";
import { errnoOf } from "./file-system.js";
import { requireVolume } from "./find-record.js";
import type { Parts } from "./parts.js";
import { toVolume, type VolumeRecord } from "./volume-record.js";

/** Volumes grow whether they are attached or not. */
export function expansionFacet(parts: Parts): BackendFacets["expansion"] {
  return { expandVolume: (request, ctx) => parts.explained(() => expandVolume(parts, request, ctx)) };
}

/**
 * First the file grows, then the record says so. Killed in between, the volume has its old size still, and the replay, or the sweep,
 * ends what was begun: nothing takes bytes away from a file that a host may have.
 */
async function expandVolume(parts: Parts, request: BackendExpandRequest, ctx: CallContext<"expandVolume">): Promise<ExpandVolumeResult> {
  const { volumes } = parts.stores;
  const { id, sizeBytes } = request;
  for (;;) {
    ctx.signal.throwIfAborted();
    const current = await requireVolume(volumes, id, ctx);
    requireNoShrinking(current.record, request, ctx);
    if (current.record.sizeBytes >= sizeBytes) return resultOf(current.record);
    await requireSpace(parts, id, sizeBytes - current.record.sizeBytes, ctx);
    const next = { ...current.record, sizeBytes };
    const path = volumes.pathOf(current, current.record.data);
    await ctx.step("grow-file");
    // The file is gone when the volume was deleted or reverted meanwhile: look again.
    if (path !== undefined && !(await growFile(path, sizeBytes))) continue;
    if (await volumes.replace(current, next, ctx)) return resultOf(next);
  }
}

function requireNoShrinking({ name, sizeBytes }: VolumeRecord, { id, capacity }: BackendExpandRequest, ctx: CallContext<"expandVolume">): void {
  const { limitBytes } = capacity;
  if (limitBytes === undefined || limitBytes >= sizeBytes) return;
  const message = `volume ${JSON.stringify(name)} has ${formatBytes(sizeBytes)} and cannot shrink to ${formatBytes(limitBytes)}; ask for no less than it has`;
  throw ctx.fail("OUT_OF_RANGE", "size-out-of-range", message, { resource: id, outcome: "none", details: { sizeBytes } });
}

function resultOf(record: VolumeRecord): ExpandVolumeResult {
  return { volume: toVolume(record), hostStep: record.attachments.length > 0 ? "required" : "none" };
}

/**
 * Grows a file, never shrinks it; false when it is not there. No system call grows a file only if it is smaller, so looking and
 * growing are two. They are made without leaving the thread, so that no other work of this process comes between them, and another
 * process would have to look, grow further, commit and write within the microseconds between the two.
 */
async function growFile(path: string, sizeBytes: number): Promise<boolean> {
  try {
    const descriptor = openSync(path, "r+");
    try {
      if (fstatSync(descriptor).size < sizeBytes) ftruncateSync(descriptor, sizeBytes);
    } finally {
      closeSync(descriptor);
    }
    const file = await open(path, "r+");
    await file.sync().finally(() => file.close());
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}
