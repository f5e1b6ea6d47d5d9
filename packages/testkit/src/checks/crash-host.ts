import type { AttachmentRecord, MountRecord } from "@opensds/core";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { crashAndReplay, type CrashCase } from "./support/crash.js";
import { deviceOf } from "./support/device-bytes.js";
import { devicesOver, whatIsBehind } from "./support/devices.js";

/** Killed while the host's half was at work. */
export const hostCrashChecks: readonly Check[] = [
  {
    id: "CRASH-4",
    family: "crash",
    level: "full",
    title: "An attach by a process that is killed is finished by the same call, with one device and one attachment",
    rules: ["SB-CRASH-2"],
    needs: ["device", "processes"],
    run: (ctx) => crashAndReplay(ctx, attaching(ctx), 3),
  },
  {
    id: "CRASH-12",
    family: "crash",
    level: "full",
    title: "A detach by a process that is killed is finished by the same call, and no device or attachment is left over",
    rules: ["SB-CRASH-2"],
    needs: ["device", "processes"],
    run: (ctx) => crashAndReplay(ctx, detaching(ctx), 2),
  },
  {
    id: "CRASH-5",
    family: "crash",
    level: "full",
    title: "A mount by a process that is killed, while it formats too, is finished by the same call, and goes without a trace",
    rules: ["SB-CRASH-2"],
    needs: ["device", "processes"],
    run: (ctx) => crashAndReplay(ctx, mounting(ctx), 3),
  },
  {
    id: "CRASH-13",
    family: "crash",
    level: "full",
    title: "An unmount by a process that is killed is finished by the same call, and no mount or directory is left over",
    rules: ["SB-CRASH-2"],
    needs: ["device", "processes"],
    run: (ctx) => crashAndReplay(ctx, unmounting(ctx), 2),
  },
];

function attaching(ctx: CheckContext): CrashCase {
  return {
    operation: "attachVolume",
    prepare: async () => {
      const { id } = await ctx.create("attached");
      const request = { volumeId: id };
      let record: AttachmentRecord | undefined;
      return {
        request,
        replay: async () => (record = await ctx.driver.attachVolume(request)),
        verify: async (when) => {
          if (record === undefined) return ctx.fail("the replay attached the volume", record);
          // A killed attach may have left one more.
          const source = await whatIsBehind(deviceOf(record));
          ctx.equal(await devicesOver(source), source === undefined ? [] : [deviceOf(record).path], `the devices that lead to the volume ${when}`);
          const recorded = await ctx.driver.listAttachments({ volumeId: id, hostId: "all" });
          ctx.equal(recorded.map(({ attachment }) => attachment.id), [record.attachment.id], `the attachments ${when}`);
          await detach(ctx, record, source, when);
        },
      };
    },
  };
}

function detaching(ctx: CheckContext): CrashCase {
  return {
    operation: "detachVolume",
    prepare: async () => {
      const { id } = await ctx.create("detached");
      const record = await ctx.driver.attachVolume({ volumeId: id });
      const source = await whatIsBehind(deviceOf(record));
      return {
        request: record,
        replay: () => ctx.driver.detachVolume(record),
        verify: (when) => detach(ctx, record, source, when),
      };
    },
  };
}

function mounting(ctx: CheckContext): CrashCase {
  return {
    operation: "mountVolume",
    prepare: async () => {
      const { id } = await ctx.create("mounted", ctx.sizes.data);
      const attachment = await ctx.driver.attachVolume({ volumeId: id });
      const request = { attachment, directory: join(await ctx.temporaryDirectory(), "mounted"), createDirectory: true };
      let record: MountRecord | undefined;
      return {
        request,
        replay: async () => (record = await ctx.driver.mountVolume(request)),
        verify: async (when) => {
          if (record === undefined) return ctx.fail("the replay mounted the volume", record);
          const mounts = await ctx.driver.listMounts({ volumeId: id });
          ctx.equal(mounts.map(({ directory }) => directory), [request.directory], `the directories at which it is mounted ${when}`);
          await unmount(ctx, record, when);
          await ctx.driver.detachVolume(attachment);
          await ctx.driver.deleteVolume({ id });
        },
      };
    },
  };
}

function unmounting(ctx: CheckContext): CrashCase {
  return {
    operation: "unmountVolume",
    prepare: async () => {
      const { id } = await ctx.create("unmounted", ctx.sizes.data);
      const attachment = await ctx.driver.attachVolume({ volumeId: id });
      const record = await ctx.driver.mountVolume({ attachment, directory: join(await ctx.temporaryDirectory(), "unmounted"), createDirectory: true });
      return {
        request: record,
        replay: () => ctx.driver.unmountVolume(record),
        verify: async (when) => {
          await unmount(ctx, record, when);
          await ctx.driver.detachVolume(attachment);
          await ctx.driver.deleteVolume({ id });
        },
      };
    },
  };
}

async function unmount(ctx: CheckContext, record: MountRecord, when: string): Promise<void> {
  await ctx.driver.unmountVolume(record);
  ctx.equal(await ctx.driver.listMounts({ volumeId: record.volumeId }), [], `the mounts ${when} and unmounted`);
  // The directory was not there before: who made it takes it away again, where the record could still say so.
  if (!record.createdDirectory) return;
  const left = await stat(record.directory).catch(() => undefined);
  ctx.ok(left === undefined, `the directory that mounting made is gone ${when} and unmounted`, record.directory);
}

async function detach(ctx: CheckContext, record: AttachmentRecord, source: string | undefined, when: string): Promise<void> {
  const { volumeId } = record.attachment;
  await ctx.driver.detachVolume(record);
  ctx.equal(await devicesOver(source), [], `the devices that lead to the volume ${when} and detached`);
  ctx.equal(await ctx.driver.listAttachments({ volumeId, hostId: "all" }), [], `the attachments ${when} and detached`);
  await ctx.driver.deleteVolume({ id: volumeId });
}
