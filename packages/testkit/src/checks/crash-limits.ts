import { requireFacets } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { crashAndReplay, type CrashCase } from "./support/crash.js";
import { keptLimits, valueOf, type Limit } from "./support/limits.js";

/** Killed while a volume's limits are changed. */
export const limitCrashChecks: readonly Check[] = [
  {
    id: "CRASH-16",
    family: "crash",
    level: "full",
    title: "Changing a volume's limits, by a process that is killed, is finished by the same call",
    rules: ["SB-CRASH-3", "SB-QOS-1"],
    needs: ["processes"],
    facets: ["qos"],
    run: async (ctx) => {
      const { kept } = await keptLimits(ctx, requireFacets(ctx.driver, "qos"));
      // Several settings are written one after the other: the points between two of them are what this is about.
      await crashAndReplay(ctx, limiting(ctx, kept), 6);
    },
  },
];

function limiting(ctx: CheckContext, kept: readonly Limit[]): CrashCase {
  const { qos } = requireFacets(ctx.driver, "qos");
  return {
    operation: "qos.modifyVolume",
    prepare: async () => {
      const { id } = await ctx.create("limited");
      const limits = Object.fromEntries(kept.map((limit, index) => [limit, valueOf(limit, index)]));
      const request = { id, qos: limits };
      return {
        request,
        replay: () => qos.modifyVolume(request),
        verify: async (when) => {
          ctx.equal(await qos.getQos({ id }), limits, `the limits in force ${when} and repeated`);
          await ctx.driver.deleteVolume({ id });
        },
      };
    },
  };
}
