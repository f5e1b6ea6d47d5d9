import { statfs } from "node:fs/promises";
import type { Amount, BackendFacets, CallContext, Pool } from "@opensds/core";
import { givenAway } from "./capacity.js";
import type { Parts } from "./parts.js";

/** The one pool of a backend: what `capacityBytes` says, or else what the file system says, or no end of memory. */
export function poolFacet(parts: Parts): BackendFacets["pools"] {
  return { listPools: (ctx) => parts.explained(async () => [await poolOf(parts, ctx)]) };
}

async function poolOf({ stores, directory, capacityBytes }: Parts, ctx: CallContext<"listPools">): Promise<Pool> {
  const { volumesBytes, snapshotsBytes, trashBytes } = await givenAway(stores, ctx);
  const disk = directory === undefined ? undefined : await diskOf(directory);
  // Files are sparse: what they were promised counts against a configured size, what they hold against the disk.
  const quotaFree = capacityBytes === undefined ? Infinity : Math.max(0, capacityBytes - volumesBytes - snapshotsBytes - trashBytes);
  return {
    name: "default",
    total: amount(Math.min(capacityBytes ?? Infinity, disk?.totalBytes ?? Infinity)),
    free: amount(Math.min(quotaFree, disk?.freeBytes ?? Infinity)),
    provisioned: amount(volumesBytes),
    trash: amount(trashBytes),
  };
}

/** What a file system has and what is left of it for this user. */
async function diskOf(directory: string): Promise<{ readonly totalBytes: number; readonly freeBytes: number }> {
  const { blocks, bavail, bsize } = await statfs(directory);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

/** Infinity says that there is no end; beyond 2^53 - 1 a figure is rounded down. */
function amount(bytes: number): Amount {
  if (bytes === Infinity) return { kind: "infinite" };
  return bytes > Number.MAX_SAFE_INTEGER ? { kind: "bytes", bytes: Number.MAX_SAFE_INTEGER, approximate: true } : { kind: "bytes", bytes };
}
