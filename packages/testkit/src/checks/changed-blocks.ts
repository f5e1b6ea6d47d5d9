import { requireFacets, type ChangedBlocksRequest, type ChangedExtent, type Device, type DriverWith } from "@opensds/core";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { possibleSize } from "../run/sizes.js";
import { bytesAt, sizeOf, withDevice, writePatches, type Patch } from "./support/contents.js";
import { cutSnapshot } from "./support/snapshots.js";

const mib = 2 ** 20;
const run = promisify(execFile);

/** What changed between two snapshots. */
export const changedBlocksChecks: readonly Check[] = [
  {
    id: "CHANGED-BLOCKS-1",
    family: "changed-blocks",
    level: "basic",
    title: "Extents come in order and hold every byte that differs, those that do not exist are zeros, and a start leaves out what ends before it",
    rules: ["SB-CHANGED-1", "SB-CHANGED-2", "SB-CHANGED-3"],
    needs: ["device"],
    facets: ["changedBlocks", "snapshots"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "changedBlocks", "snapshots");
      const volume = await ctx.create("changes", possibleSize(ctx.manifest.limits, 8 * mib));
      const size = sizeOf(volume);
      const patch = (offsetBytes: number, length: number): Patch => ({ offsetBytes, bytes: ctx.random.bytes(length) });
      const first = [patch(mib, 64 * 1024), patch(5 * mib, mib), patch(size - 4096, 4096)];
      const zeros = { offsetBytes: 5 * mib, bytes: Buffer.alloc(512 * 1024) };
      const second = [...first, patch(mib + 16 * 1024, 4096), patch(3 * mib + 8192, 200 * 1024), zeros];
      const [from, to] = await withDevice(driver, volume, async (device) => {
        await writePatches(device, first);
        const before = await cutSnapshot(ctx, driver, volume, "first");
        await writePatches(device, second.slice(first.length, -1));
        await writeZeros(device, zeros);
        return [before, await cutSnapshot(ctx, driver, volume, "second")];
      });
      for (const detail of ["block", "object"] as const) {
        const states: readonly (readonly [Partial<ChangedBlocksRequest>, readonly Patch[]])[] = [[{}, []], [{ fromSnapshotId: from.id }, first]];
        for (const [older, before] of states) {
          const request = { volumeId: volume.id, toSnapshotId: to.id, detail, ...older };
          const whole = await extentsOf(driver, request);
          expectOrder(ctx, whole, size);
          expectCovered(ctx, whole, size, before, second);
          await expectStarts(ctx, driver, request, whole, size);
        }
      }
      ctx.equal(await extentsOf(driver, { volumeId: volume.id, fromSnapshotId: to.id, toSnapshotId: to.id }), [], "the changes from a snapshot to itself");
    },
  },
];

async function extentsOf(driver: DriverWith<"changedBlocks">, request: ChangedBlocksRequest): Promise<readonly ChangedExtent[]> {
  const extents: ChangedExtent[] = [];
  for await (const extent of driver.changedBlocks.listChangedBlocks(request)) extents.push(extent);
  return extents;
}

const endOf = ({ offsetBytes, lengthBytes }: ChangedExtent): number => offsetBytes + lengthBytes;

function expectOrder(ctx: CheckContext, extents: readonly ChangedExtent[], size: number): void {
  let end = 0;
  for (const extent of extents) {
    ctx.ok(extent.lengthBytes > 0 && extent.offsetBytes >= end && endOf(extent) <= size, `an extent from ${end} on, up to ${size}`, extent);
    end = endOf(extent);
  }
}

/** Looks at every byte, one page after the other: a page that is the same in both states needs no extent. */
function expectCovered(ctx: CheckContext, extents: readonly ChangedExtent[], size: number, before: readonly Patch[], after: readonly Patch[]): void {
  const page = 512;
  for (let chunk = 0; chunk < size; chunk += mib) {
    const length = Math.min(mib, size - chunk);
    const [older, newer] = [bytesAt(before, chunk, length), bytesAt(after, chunk, length)];
    if (older.equals(newer)) continue;
    for (let at = 0; at < length; at += page) {
      if (older.subarray(at, at + page).equals(newer.subarray(at, at + page))) continue;
      const [start, end] = [chunk + at, chunk + Math.min(at + page, length)];
      // All patches begin and end at multiples of a page, random bytes: the whole of it has changed, as good as surely.
      const covered = extents.some((extent) => extent.offsetBytes <= start && endOf(extent) >= end);
      ctx.ok(covered, `the bytes from ${start} to ${end}, which differ, lie in an extent`, extents);
    }
  }
  for (const extent of extents.filter(({ exists }) => !exists)) {
    for (let at = extent.offsetBytes; at < endOf(extent); at += mib) {
      const length = Math.min(mib, endOf(extent) - at);
      ctx.ok(bytesAt(after, at, length).equals(Buffer.alloc(length)), "an extent that does not exist reads as zeros", extent);
    }
  }
}

async function expectStarts(
  ctx: CheckContext,
  driver: DriverWith<"changedBlocks">,
  request: ChangedBlocksRequest,
  whole: readonly ChangedExtent[],
  size: number,
): Promise<void> {
  const middle = whole[Math.floor(whole.length / 2)];
  if (middle === undefined) return ctx.fail("extents of what was written", whole);
  for (const startOffsetBytes of [0, middle.offsetBytes, middle.offsetBytes + 1, endOf(middle), size]) {
    const rest = whole.filter((extent) => endOf(extent) > startOffsetBytes);
    ctx.equal(await extentsOf(driver, { ...request, startOffsetBytes }), rest, `the extents from ${startOffsetBytes} on`);
  }
}

/** Writes zeros, letting go of the blocks where this machine has the tool for it. */
async function writeZeros(device: Device, { offsetBytes, bytes }: Patch): Promise<void> {
  try {
    await run("blkdiscard", ["--zeroout", "--offset", String(offsetBytes), "--length", String(bytes.length), device.path]);
  } catch {
    await writePatches(device, [{ offsetBytes, bytes }]);
  }
}
