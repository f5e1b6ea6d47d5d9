import { hostId, requireFacets, type AttachmentRecord, type DriverWith, type HostId } from "@opensds/core";
import { createHost } from "@opensds/core/host";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { expectContent, withDevice, writePatches } from "./support/contents.js";
import { deviceOf, writeDevice } from "./support/device-bytes.js";
import { removeFencedDevice } from "./support/host-restart.js";

const fenced = { code: "FAILED_PRECONDITION", reason: "host-fenced", outcome: "none" } as const;

/** Cutting a host off. */
export const fencingChecks: readonly Check[] = [
  {
    id: "FENCING-1",
    family: "fencing",
    level: "basic",
    title: "A fenced host loses its attachments, others get its volumes, and it is given none by any dock until it is let in again",
    rules: ["SB-FENCE-1", "SB-FENCE-3"],
    needs: ["connect"],
    facets: ["fencing"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "fencing");
      const [dead, alive] = [ctx.otherHost("dead"), ctx.otherHost("alive")];
      const [volume, second, apart] = [await ctx.create("one"), await ctx.create("two"), await ctx.create("apart")];
      const taken: string[] = [];
      for (const { id } of [volume, second]) taken.push((await driver.connectVolume({ volumeId: id, connector: dead })).attachment.id);
      const kept = await driver.connectVolume({ volumeId: apart.id, connector: alive });

      const result = await fence(ctx, driver, dead.hostId);
      ctx.equal(result.hostId, dead.hostId, "the host that was fenced");
      ctx.equal(result.attachmentIds.toSorted(), taken.toSorted(), "the attachments that were taken from it");
      const later = requireFacets(await ctx.open(), "fencing");
      for (const dock of [driver, later]) {
        for (const { id } of [volume, second]) {
          ctx.equal(await dock.listAttachments({ volumeId: id, hostId: "all" }), [], "the attachments of the fenced host's volume");
          await ctx.expectError(dock.connectVolume({ volumeId: id, connector: dead }), fenced, "connectVolume for the fenced host");
        }
        const others = await dock.listAttachments({ volumeId: apart.id, hostId: "all" });
        ctx.equal(others.map(({ attachment }) => attachment.id), [kept.attachment.id], "another host's attachment");
      }
      const moved = await later.connectVolume({ volumeId: volume.id, connector: alive });
      ctx.equal(moved.attachment.hostId, alive.hostId, "the host that has the volume now");

      await later.fencing.unfenceHost({ hostId: dead.hostId });
      const again = await driver.connectVolume({ volumeId: second.id, connector: dead });
      ctx.equal(again.attachment.hostId, dead.hostId, "the host of an attachment after it was let in again");
    },
  },
  {
    id: "FENCING-2",
    family: "fencing",
    level: "basic",
    title: "Fencing a fenced host and letting one in that is not fenced succeed and change nothing",
    rules: ["SB-FENCE-2"],
    needs: ["connect"],
    facets: ["fencing"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "fencing");
      const other = requireFacets(await ctx.open(), "fencing");
      const [dead, alive] = [ctx.otherHost("dead"), ctx.otherHost("alive")];
      const volume = await ctx.create("one");
      const { attachment } = await driver.connectVolume({ volumeId: volume.id, connector: alive });
      const expectKept = async (what: string): Promise<void> => {
        const recorded = await other.listAttachments({ volumeId: volume.id, hostId: "all" });
        ctx.equal(recorded.map((record) => record.attachment.id), [attachment.id], `another host's attachment after ${what}`);
      };
      await driver.fencing.unfenceHost({ hostId: alive.hostId });
      await expectKept("it was let in, though it was not fenced");
      await fence(ctx, driver, dead.hostId);
      const again = await other.fencing.fenceHost({ hostId: dead.hostId });
      ctx.equal(again, { hostId: dead.hostId, attachmentIds: [] }, "what fencing a fenced host did");
      await ctx.expectError(driver.connectVolume({ volumeId: volume.id, connector: dead }), fenced, "connectVolume for a host that was fenced twice");
      await driver.fencing.unfenceHost({ hostId: dead.hostId });
      await other.fencing.unfenceHost({ hostId: dead.hostId });
      await expectKept("a host was fenced twice and let in twice");
      const free = await ctx.create("free");
      await driver.connectVolume({ volumeId: free.id, connector: dead });
    },
  },
  {
    id: "FENCING-3",
    family: "fencing",
    level: "full",
    title: "What a fenced host writes to a device that it still has reaches nobody, before and after another host has the volume",
    rules: ["SB-FENCE-1"],
    needs: ["device"],
    facets: ["fencing"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "fencing");
      const volume = await ctx.create("written");
      const block = (offsetBytes: number) => ({ offsetBytes, bytes: ctx.random.bytes(4096) });
      const [own, late, later] = [block(0), block(0), block(64 * 1024)];
      // Another host, as far as the backend can tell, whose device this machine has.
      const runtimeDir = await ctx.temporaryDirectory();
      const dead = createHost({ id: hostId(ctx.otherHost("dead").hostId), runtimeDir });
      const connection = await driver.connectVolume({ volumeId: volume.id, connector: await dead.connectorFacts() });
      const record: AttachmentRecord = await dead.attach(connection, driver.backend);
      ctx.defer("remove the fenced host's device", () => removeFencedDevice(dead, record, runtimeDir));
      await writePatches(deviceOf(record), [own]);

      await fence(ctx, driver, dead.hostId);
      // Whether it fails or is lost is the backend's business.
      await writeDevice(deviceOf(record), late.offsetBytes, late.bytes).catch(() => undefined);
      const size = volume.sizeBytes ?? 0;
      await withDevice(driver, volume, async (device) => {
        await expectContent(ctx, device, size, [own], "the volume after the fenced host wrote");
        await writeDevice(deviceOf(record), later.offsetBytes, later.bytes).catch(() => undefined);
      });
      await withDevice(driver, volume, (device) => expectContent(ctx, device, size, [own], "the volume after the fenced host wrote while another had it"));
    },
  },
];

/** Fences a host that is let in again after the check. */
function fence(ctx: CheckContext, driver: DriverWith<"fencing">, id: HostId): ReturnType<DriverWith<"fencing">["fencing"]["fenceHost"]> {
  ctx.defer(`unfence host ${id}`, (janitor) => requireFacets(janitor, "fencing").fencing.unfenceHost({ hostId: id }));
  return driver.fencing.fenceHost({ hostId: id });
}
