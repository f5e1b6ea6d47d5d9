import type { Volume } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { facetCrashChecks } from "./crash-facets.js";
import { hostCrashChecks } from "./crash-host.js";
import { crashAndReplay, type CrashCase } from "./support/crash.js";
import { findByName, identityOf, readAllVolumes } from "./support/volumes.js";

/** What a killed process leaves, and how a replay mends it. */
export const crashChecks: readonly Check[] = [
  {
    id: "CRASH-1",
    family: "crash",
    level: "full",
    title: "A create by a process that is killed leaves nothing that keeps the same create from making the one volume",
    rules: ["SB-CRASH-1"],
    needs: ["processes"],
    run: (ctx) => crashAndReplay(ctx, creating(ctx), 4),
  },
  {
    id: "CRASH-2",
    family: "crash",
    level: "full",
    title: "A delete by a process that is killed is finished by the same delete, and the name is free",
    rules: ["SB-CRASH-1"],
    needs: ["processes"],
    run: (ctx) => crashAndReplay(ctx, deleting(ctx), 4),
  },
  {
    id: "CRASH-3",
    family: "crash",
    level: "full",
    title: "A connect by a process that is killed is finished by the same call, and leaves no attachment too many",
    rules: ["SB-CRASH-1"],
    needs: ["connect", "processes"],
    run: (ctx) => crashAndReplay(ctx, connecting(ctx), 2),
  },
  {
    id: "CRASH-11",
    family: "crash",
    level: "full",
    title: "A disconnect by a process that is killed is finished by the same call, and the volume is available",
    rules: ["SB-CRASH-1"],
    needs: ["connect", "processes"],
    run: (ctx) => crashAndReplay(ctx, disconnecting(ctx), 2),
  },
  ...hostCrashChecks,
  ...facetCrashChecks,
];

function creating(ctx: CheckContext): CrashCase {
  return {
    operation: "createVolume",
    prepare: () => {
      const request = { name: ctx.name("made"), capacity: { requiredBytes: ctx.sizes.small } };
      let made: Volume | undefined;
      return Promise.resolve({
        request,
        replay: async () => (made = await ctx.driver.createVolume(request)),
        verify: async (when: string) => {
          if (made === undefined) return ctx.fail("the replay made a volume", made);
          ctx.equal(made.state, "available", `the state of the volume ${when}`);
          ctx.equal(identityOf(await ctx.driver.getVolume({ name: request.name })), identityOf(made), `the volume of the name ${when}`);
          const listed = (await readAllVolumes(ctx.driver)).filter(({ name }) => name === request.name);
          ctx.equal(listed.map(({ id }) => id), [made.id], `the ids of the name in the list ${when}`);
          await ctx.driver.deleteVolume({ id: made.id });
          ctx.equal(await findByName(ctx.driver, request.name), undefined, `the volume ${when}, made by the replay and deleted`);
        },
      });
    },
  };
}

function deleting(ctx: CheckContext): CrashCase {
  return {
    operation: "deleteVolume",
    prepare: async () => {
      const { id, name } = await ctx.create("deleted");
      return {
        request: { id },
        replay: () => ctx.driver.deleteVolume({ id }),
        verify: async (when) => {
          await ctx.expectError(ctx.driver.getVolume({ id }), { code: "NOT_FOUND" }, `getVolume ${when} and repeated`);
          const listed = (await readAllVolumes(ctx.driver)).filter((volume) => volume.id === id || volume.name === name);
          ctx.equal(listed, [], `the volume in the list ${when} and repeated`);
          const next = await ctx.driver.createVolume({ name, capacity: { requiredBytes: ctx.sizes.small } });
          ctx.ok(next.id !== id, `a volume that is made under the freed name ${when} has another id`, next.id);
          await ctx.driver.deleteVolume({ id: next.id });
        },
      };
    },
  };
}

function connecting(ctx: CheckContext): CrashCase {
  return {
    operation: "connectExported",
    prepare: async () => {
      const { id } = await ctx.create("connected");
      const request = { volumeId: id, connector: ctx.otherHost("crashed") };
      return {
        request,
        replay: () => ctx.driver.connectVolume(request),
        verify: async (when) => {
          const recorded = await ctx.driver.listAttachments({ volumeId: id, hostId: "all" });
          ctx.equal(recorded.map(({ attachment }) => attachment.hostId), [request.connector.hostId], `the hosts that have the volume ${when}`);
          for (const { attachment } of recorded) await ctx.driver.disconnectVolume({ volumeId: id, attachmentId: attachment.id });
          await ctx.driver.deleteVolume({ id });
        },
      };
    },
  };
}

function disconnecting(ctx: CheckContext): CrashCase {
  return {
    operation: "disconnectVolume",
    prepare: async () => {
      const { id } = await ctx.create("disconnected");
      const { attachment } = await ctx.driver.connectVolume({ volumeId: id, connector: ctx.otherHost("crashed") });
      const request = { volumeId: id, attachmentId: attachment.id };
      return {
        request,
        replay: () => ctx.driver.disconnectVolume(request),
        verify: async (when) => {
          ctx.equal(await ctx.driver.listAttachments({ volumeId: id, hostId: "all" }), [], `the attachments ${when} and repeated`);
          ctx.equal((await ctx.driver.getVolume({ id })).state, "available", `the volume's state ${when} and repeated`);
          await ctx.driver.deleteVolume({ id });
        },
      };
    },
  };
}
