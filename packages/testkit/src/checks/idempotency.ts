import { supports, type VolumeDriver } from "@opensds/core";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { snapshotName } from "./support/snapshots.js";
import { identityOf } from "./support/volumes.js";

/** How often each call is made. */
const times = 10;

/** Calls that are made again and again, by one dock and by another, and once more when all is over. */
export const idempotencyChecks: readonly Check[] = [
  {
    id: "IDEMPOTENCY-1",
    family: "idempotency",
    level: "basic",
    title: "Create, connect, disconnect and delete are each made ten times by two docks, with the result of the first, and again after the delete",
    rules: ["SB-CREATE-1", "SB-ATTACH-1", "SB-DETACH-1", "SB-DELETE-1"],
    run: async (ctx) => {
      const docks = [ctx.driver, await ctx.open()];
      const request = { name: ctx.name("again"), capacity: { requiredBytes: ctx.sizes.small } };
      const { id } = await repeat(ctx, docks, "createVolume", async (dock) => identityOf(await dock.createVolume(request)));
      if (ctx.manifest.protocols.length > 0) {
        const connector = ctx.otherHost("again");
        const attachmentId = await repeat(ctx, docks, "connectVolume", async (dock) => (await dock.connectVolume({ volumeId: id, connector })).attachment.id);
        const recorded = await ctx.driver.listAttachments({ volumeId: id, hostId: "all" });
        ctx.equal(recorded.map(({ attachment }) => attachment.id), [attachmentId], `the attachments after connectVolume was made ${times} times`);
        await repeat(ctx, docks, "disconnectVolume", (dock) => dock.disconnectVolume({ volumeId: id, attachmentId }));
        ctx.equal(await ctx.driver.listAttachments({ volumeId: id, hostId: "all" }), [], `the attachments after disconnectVolume was made ${times} times`);
        await repeat(ctx, docks, "deleteVolume", (dock) => dock.deleteVolume({ id }));
        await repeat(ctx, docks, "disconnectVolume of a volume that is gone", (dock) => dock.disconnectVolume({ volumeId: id, attachmentId }));
      } else {
        await repeat(ctx, docks, "deleteVolume", (dock) => dock.deleteVolume({ id }));
      }
      const next = await ctx.driver.createVolume(request);
      ctx.ok(next.id !== id, "the same create after the delete makes another volume", next.id);
      await ctx.driver.deleteVolume({ id });
      ctx.equal(identityOf(await ctx.driver.getVolume({ id: next.id })), identityOf(next), "the new volume after the old one was deleted once more");
    },
  },
  {
    id: "IDEMPOTENCY-2",
    family: "idempotency",
    level: "basic",
    title: "Attach, mount, unmount and detach are each made ten times by two docks, with the result of the first, and again after the end",
    rules: ["SB-ATTACH-1", "SB-MOUNT-1", "SB-UNMOUNT-1", "SB-DETACH-1"],
    needs: ["device"],
    run: async (ctx) => {
      const docks = [ctx.driver, await ctx.open()];
      const volumeId = (await ctx.create("again", ctx.sizes.data)).id;
      const directory = join(await ctx.temporaryDirectory(), "mounted");
      const attachment = await repeat(ctx, docks, "attachVolume", (dock) => dock.attachVolume({ volumeId }));
      const mount = await repeat(ctx, docks, "mountVolume", (dock) => dock.mountVolume({ attachment, directory, createDirectory: true }));
      ctx.equal((await ctx.driver.listMounts({ volumeId })).length, 1, `the number of mounts after mountVolume was made ${times} times`);
      await repeat(ctx, docks, "unmountVolume", (dock) => dock.unmountVolume(mount));
      ctx.ok(!existsSync(directory), "the directory that the mount made is gone", directory);
      await repeat(ctx, docks, "detachVolume", (dock) => dock.detachVolume(attachment));
      await repeat(ctx, docks, "unmountVolume after the detach", (dock) => dock.unmountVolume(mount));
      ctx.equal(await ctx.driver.listAttachments({ volumeId, hostId: "all" }), [], "the attachments at the end");
      await ctx.driver.deleteVolume({ id: volumeId });
      await repeat(ctx, docks, "detachVolume after the delete", (dock) => dock.detachVolume(attachment));
    },
  },
  {
    id: "IDEMPOTENCY-3",
    family: "idempotency",
    level: "basic",
    title: "A snapshot and a growth are each asked for ten times by two docks, with the result of the first, and given up ten times",
    rules: ["SB-SNAP-1", "SB-EXPAND-1", "SB-ERROR-7"],
    run: async (ctx) => {
      const { driver, manifest, sizes } = ctx;
      if (!supports(driver, "snapshots") && !supports(driver, "expansion")) ctx.skip("this backend has neither snapshots nor expansion");
      const docks = [driver, await ctx.open()];
      const volume = await ctx.create("again");
      if (supports(driver, "snapshots")) {
        const name = snapshotName(ctx, "cut");
        const id = await repeat(ctx, docks, "createSnapshot", async (dock) => (await dock.snapshots?.createSnapshot({ name, sourceVolumeId: volume.id }))?.id);
        if (id !== undefined) await repeat(ctx, docks, "deleteSnapshot", (dock) => dock.snapshots?.deleteSnapshot({ id }) ?? Promise.resolve());
      }
      const requiredBytes = sizes.small + manifest.limits.granularityBytes;
      if (supports(driver, "expansion") && requiredBytes <= manifest.limits.maxVolumeBytes) {
        const grown = await repeat(ctx, docks, "expandVolume", async (dock) => (await dock.expansion?.expandVolume({ id: volume.id, capacity: { requiredBytes } }))?.volume.sizeBytes);
        ctx.equal((await driver.getVolume({ id: volume.id })).sizeBytes, grown, `the size after expandVolume was made ${times} times`);
      }
    },
  },
];

/** Makes a call ten times, by the docks in turn; each has to give what the first gave. */
async function repeat<Value>(ctx: CheckContext, docks: readonly VolumeDriver[], what: string, call: (dock: VolumeDriver) => Promise<Value>): Promise<Value> {
  const first = await call(ctx.driver);
  for (let time = 2; time <= times; time += 1) {
    const again = await call(docks[time % docks.length] ?? ctx.driver);
    ctx.ok(isDeepStrictEqual(again, first), `${what} number ${time} gives what the first gave: ${JSON.stringify(first)}`, again);
  }
  return first;
}
