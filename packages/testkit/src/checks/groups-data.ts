import { isSouthboundError, requireFacets, type Device, type DriverWith, type GroupSnapshot, type Snapshot, type VolumeGroup } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { withDevice } from "./support/contents.js";
import { readDevice, writeDevice } from "./support/device-bytes.js";
import { cutGroup, makeGroup } from "./support/groups.js";
import { cloneOf } from "./support/snapshots.js";

const snapshotsToCut = 3;
/** How long the writer rests between two rounds of writes: longer each time that the backend says it needs quiet. */
const pausesMs = [20, 250, 1_000];

/** Writes rising numbers to devices, always in the same order. */
interface Writer {
  readonly devices: readonly Device[];
  last: number;
  pausesMs: readonly number[];
}

/** Group snapshots: what they hold. */
export const groupDataChecks: readonly Check[] = [
  {
    id: "GROUPS-4",
    family: "groups",
    level: "full",
    title: "A group's snapshot never has a write to one volume without the write to another that had ended before it began",
    rules: ["SB-GROUP-4"],
    needs: ["device"],
    facets: ["groups", "sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "groups", "sources");
      if (!driver.sources.kinds.includes("snapshot")) ctx.skip("this backend makes no volumes from snapshots, so that they cannot be read");
      // The group's order is not the writer's: a driver that cuts one volume after the other is caught whichever way it goes.
      const [early, late, last] = [await ctx.create("early"), await ctx.create("late"), await ctx.create("last")];
      const group = await makeGroup(ctx, driver, [last.id, early.id, late.id]);
      const cuts: GroupSnapshot[] = [];
      await withDevice(driver, early, (first) =>
        withDevice(driver, late, (second) =>
          withDevice(driver, last, async (third) => {
            const writer: Writer = { devices: [first, second, third], last: 0, pausesMs };
            for (let count = 0; count < snapshotsToCut; count += 1) cuts.push(await cutWhileWriting(ctx, driver, group, writer));
          }),
        ),
      );
      for (const cut of cuts) {
        const numbers: number[] = [];
        for (const { id } of [early, late, last]) numbers.push(await numberIn(ctx, cut.snapshots.find(({ sourceVolumeId }) => sourceVolumeId === id)));
        const [one = 0, two = 0, three = 0] = numbers;
        ctx.ok(one >= two && two >= three && one - three <= 1, "volumes that are written one after the other, with rising numbers, have numbers of one moment", numbers);
      }
    },
  },
];

/** Cuts a group's snapshot while its volumes are written to. */
async function cutWhileWriting(ctx: CheckContext, driver: DriverWith<"groups">, group: VolumeGroup, writer: Writer): Promise<GroupSnapshot> {
  for (;;) {
    const [pauseMs, ...longer] = writer.pausesMs;
    if (pauseMs === undefined) return ctx.skip("this backend cuts a group's snapshot only while nothing is written");
    const outcome = cutGroup(ctx, driver, group).then(
      (made) => ({ made }),
      (error: unknown) => ({ error }),
    );
    const ended = new AbortController();
    const cut = outcome.finally(() => ended.abort());
    while (!ended.signal.aborted) {
      writer.last += 1;
      const bytes = Buffer.alloc(4096);
      bytes.writeUInt32LE(writer.last, 0);
      for (const device of writer.devices) await writeDevice(device, 0, bytes);
      await sleep(pauseMs, undefined, { signal: ctx.signal });
    }
    const result = await cut;
    if ("made" in result) return result.made;
    if (!isSouthboundError(result.error) || result.error.recovery !== "retry") throw result.error;
    writer.pausesMs = longer;
  }
}

/** The number that a snapshot holds. */
async function numberIn(ctx: CheckContext, snapshot: Snapshot | undefined): Promise<number> {
  if (snapshot === undefined) return ctx.fail("a group's snapshot has one of every member", snapshot);
  const clone = await cloneOf(ctx, { kind: "snapshot", snapshotId: snapshot.id }, snapshot.sizeBytes);
  return withDevice(ctx.driver, clone, async (device) => (await readDevice(device, 0, 4096)).readUInt32LE(0));
}
