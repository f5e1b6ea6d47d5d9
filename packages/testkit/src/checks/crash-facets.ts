import { requireFacets, supports } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { groupCrashChecks } from "./crash-groups.js";
import { limitCrashChecks } from "./crash-limits.js";
import { crashAndReplay, type CrashCase } from "./support/crash.js";

/** Killed within a facet's operations. */
export const facetCrashChecks: readonly Check[] = [
  {
    id: "CRASH-6",
    family: "crash",
    level: "full",
    title: "Making a snapshot, by a process that is killed, is finished by the same call",
    rules: ["SB-CRASH-3"],
    needs: ["processes"],
    facets: ["snapshots"],
    run: (ctx) => crashAndReplay(ctx, cutting(ctx), 2),
  },
  {
    id: "CRASH-14",
    family: "crash",
    level: "full",
    title: "Going back to or deleting a snapshot, by a process that is killed, is finished by the same call",
    rules: ["SB-CRASH-3"],
    needs: ["processes"],
    facets: ["snapshots"],
    run: async (ctx) => {
      await crashAndReplay(ctx, reverting(ctx), 1);
      await crashAndReplay(ctx, uncutting(ctx), 1);
    },
  },
  {
    id: "CRASH-7",
    family: "crash",
    level: "full",
    title: "Growing a volume, by a process that is killed, is finished by the same call",
    rules: ["SB-CRASH-3"],
    needs: ["processes"],
    facets: ["expansion"],
    run: (ctx) => crashAndReplay(ctx, growing(ctx), 2),
  },
  {
    id: "CRASH-8",
    family: "crash",
    level: "full",
    title: "Making a volume from another, by a process that is killed, is finished by the same call",
    rules: ["SB-CRASH-3"],
    needs: ["processes"],
    facets: ["sources"],
    run: async (ctx) => {
      if (ctx.driver.sources?.kinds.includes("volume") !== true) ctx.skip("this backend clones no volumes");
      await crashAndReplay(ctx, cloning(ctx), 3);
    },
  },
  {
    id: "CRASH-9",
    family: "crash",
    level: "full",
    title: "Taking a volume back from the trash, or purging it, by a process that is killed is finished by the same call",
    rules: ["SB-CRASH-3"],
    needs: ["processes"],
    facets: ["trash"],
    run: async (ctx) => {
      await crashAndReplay(ctx, undeleting(ctx), 2);
      await crashAndReplay(ctx, purging(ctx), 2);
    },
  },
  ...limitCrashChecks,
  ...groupCrashChecks,
];

function cutting(ctx: CheckContext): CrashCase {
  const { snapshots } = requireFacets(ctx.driver, "snapshots");
  return {
    operation: "snapshots.createSnapshot",
    prepare: async () => {
      const { id: sourceVolumeId } = await ctx.create("cut");
      const request = { name: ctx.name("snapshot"), sourceVolumeId };
      deferSnapshot(ctx, request.name);
      return {
        request,
        replay: () => snapshots.createSnapshot(request),
        verify: async (when) => {
          const made = await snapshots.getSnapshot({ name: request.name });
          ctx.ok(made.readyToUse, `the snapshot is ready ${when}`, made);
          const names: string[] = [];
          for await (const { name } of snapshots.listSnapshots({ sourceVolumeId })) names.push(name);
          ctx.equal(names, [request.name], `the volume's snapshots ${when}`);
          await snapshots.deleteSnapshot({ id: made.id });
          await ctx.driver.deleteVolume({ id: sourceVolumeId });
        },
      };
    },
  };
}

function reverting(ctx: CheckContext): CrashCase {
  const { snapshots } = requireFacets(ctx.driver, "snapshots");
  return {
    operation: "snapshots.revertVolume",
    prepare: async () => {
      const { id: volumeId } = await ctx.create("reverted");
      const name = ctx.name("snapshot");
      deferSnapshot(ctx, name);
      const { id: snapshotId } = await snapshots.createSnapshot({ name, sourceVolumeId: volumeId });
      return {
        request: { volumeId, snapshotId },
        replay: () => snapshots.revertVolume({ volumeId, snapshotId }),
        verify: async (when) => {
          ctx.equal((await ctx.driver.getVolume({ id: volumeId })).state, "available", `the volume's state ${when} and repeated`);
          await snapshots.deleteSnapshot({ id: snapshotId });
          await ctx.driver.deleteVolume({ id: volumeId });
        },
      };
    },
  };
}

function uncutting(ctx: CheckContext): CrashCase {
  const { snapshots } = requireFacets(ctx.driver, "snapshots");
  return {
    operation: "snapshots.deleteSnapshot",
    prepare: async () => {
      const { id: sourceVolumeId } = await ctx.create("uncut");
      const name = ctx.name("snapshot");
      deferSnapshot(ctx, name);
      const { id } = await snapshots.createSnapshot({ name, sourceVolumeId });
      return {
        request: { id },
        replay: () => snapshots.deleteSnapshot({ id }),
        verify: async (when) => {
          await ctx.expectError(snapshots.getSnapshot({ id }), { code: "NOT_FOUND" }, `getSnapshot ${when} and repeated`);
          await ctx.driver.deleteVolume({ id: sourceVolumeId });
        },
      };
    },
  };
}

function growing(ctx: CheckContext): CrashCase {
  const { expansion } = requireFacets(ctx.driver, "expansion");
  return {
    operation: "expansion.expandVolume",
    prepare: async () => {
      const { id } = await ctx.create("grown");
      const requiredBytes = ctx.sizes.small + ctx.manifest.limits.granularityBytes;
      const request = { id, capacity: { requiredBytes } };
      return {
        request,
        replay: () => expansion.expandVolume(request),
        verify: async (when) => {
          ctx.equal((await ctx.driver.getVolume({ id })).sizeBytes, requiredBytes, `the volume's size ${when} and repeated`);
          await ctx.driver.deleteVolume({ id });
        },
      };
    },
  };
}

function cloning(ctx: CheckContext): CrashCase {
  return {
    operation: "createVolume",
    prepare: async () => {
      const { id: volumeId } = await ctx.create("origin");
      const request = {
        name: ctx.name("clone"),
        capacity: { requiredBytes: ctx.sizes.small },
        source: { kind: "volume", volumeId },
      } as const;
      return {
        request,
        replay: () => ctx.driver.createVolume(request),
        verify: async (when) => {
          const clone = await ctx.driver.getVolume({ name: request.name });
          ctx.equal({ state: clone.state, source: clone.source }, { state: "available", source: request.source }, `the clone ${when} and repeated`);
          await ctx.driver.deleteVolume({ id: clone.id });
          await ctx.driver.deleteVolume({ id: volumeId });
        },
      };
    },
  };
}

function undeleting(ctx: CheckContext): CrashCase {
  const { trash } = requireFacets(ctx.driver, "trash");
  return {
    operation: "trash.undeleteVolume",
    prepare: async () => {
      const { id, name } = await ctx.create("undeleted");
      await ctx.driver.deleteVolume({ id });
      ctx.track({ id });
      return {
        request: { id },
        replay: () => trash.undeleteVolume({ id }),
        verify: async (when) => {
          ctx.equal((await ctx.driver.getVolume({ name })).id, id, `the volume of the name ${when} and repeated`);
          await ctx.driver.deleteVolume({ id });
          await trash.purgeVolume({ id });
        },
      };
    },
  };
}

function purging(ctx: CheckContext): CrashCase {
  const { trash } = requireFacets(ctx.driver, "trash");
  return {
    operation: "trash.purgeVolume",
    prepare: async () => {
      const { id } = await ctx.create("purged");
      await ctx.driver.deleteVolume({ id });
      return {
        request: { id },
        replay: () => trash.purgeVolume({ id }),
        verify: async (when) => {
          const left: string[] = [];
          for await (const one of trash.listTrash()) if (one.id === id) left.push(one.name);
          ctx.equal(left, [], `the volume in the trash ${when} and repeated`);
        },
      };
    },
  };
}

/** By its name, which is known before the snapshot is. */
function deferSnapshot(ctx: CheckContext, name: string): void {
  ctx.defer(`remove snapshot ${name}`, async (janitor) => {
    if (!supports(janitor, "snapshots")) return;
    const found = await janitor.snapshots.getSnapshot({ name }).catch(() => undefined);
    if (found !== undefined) await janitor.snapshots.deleteSnapshot({ id: found.id });
  });
}
