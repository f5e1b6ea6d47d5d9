import { requireFacets, type QosLimits } from "@opensds/core";
import type { Check } from "../check.js";
import { withDevice } from "./support/contents.js";
import { writeDevice } from "./support/device-bytes.js";
import { expectLimits, keptLimits, unsupported, valueOf, type Limit } from "./support/limits.js";
import { refusedWith } from "./support/refusal.js";

/** Far below what any backend manages, so that it shows when nobody holds it back. */
const bytesPerSecond = 2 * 2 ** 20;

/** Limiting volumes' traffic. */
export const qosChecks: readonly Check[] = [
  {
    id: "QOS-1",
    family: "qos",
    level: "basic",
    title: "Limits are set, lifted and left alone as asked, for this volume only, and every dock and process reads those in force",
    rules: ["SB-QOS-1"],
    needs: ["processes"],
    facets: ["qos"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "qos");
      const docks = [driver, requireFacets(await ctx.open(), "qos")];
      const worker = await ctx.worker();
      const { kept, first, last } = await keptLimits(ctx, driver);
      const { id } = await ctx.create("limited");
      const neighbour = await ctx.create("neighbour");
      let inForce: Partial<Record<Limit, number>> = {};
      const change = async (qos: Partial<Record<Limit, number | null>>, when: string): Promise<void> => {
        const numbers = kept.flatMap((limit): (readonly [Limit, number])[] => {
          const value = qos[limit] === undefined ? inForce[limit] : qos[limit];
          return typeof value === "number" ? [[limit, value]] : [];
        });
        inForce = Object.fromEntries(numbers);
        ctx.equal(await driver.qos.modifyVolume({ id, qos }), inForce, `what modifyVolume returned ${when}`);
        await expectLimits(ctx, docks, id, inForce, when);
        ctx.equal(await worker.call("qos.getQos", { id }), inForce, `the limits in force ${when}, read by another process`);
      };
      await expectLimits(ctx, docks, id, {}, "on a new volume");
      await change(Object.fromEntries(kept.map((limit, index) => [limit, valueOf(limit, index)])), "after all were set");
      await change({ [last]: valueOf(last, 100) }, "after one was changed");
      await change({ [first]: null }, "after one was lifted");
      await change({}, "after a change of none");
      await expectLimits(ctx, docks, neighbour.id, {}, "on another volume");
      await change(Object.fromEntries(kept.map((limit) => [limit, null])), "after all were lifted");
    },
  },
  {
    id: "QOS-2",
    family: "qos",
    level: "basic",
    title: "A change that is refused for one of its limits has applied none of them",
    rules: ["SB-QOS-2"],
    facets: ["qos"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "qos");
      const docks = [driver, requireFacets(await ctx.open(), "qos")];
      const { kept, first, last, others } = await keptLimits(ctx, driver);
      const { id } = await ctx.create("kept");
      const before: QosLimits = Object.fromEntries(kept.map((limit, index) => [limit, valueOf(limit, index)]));
      await driver.qos.modifyVolume({ id, qos: before });
      const change = (limit: string, value: number): Promise<QosLimits> =>
        driver.qos.modifyVolume({ id, qos: { ...Object.fromEntries(kept.map((one) => [one, valueOf(one, 200)])), [limit]: value } });
      for (const [limit, value] of [[last, 0], [last, -1], [first, 1.5], ["weight", 5]] as const) {
        const refused = { code: "INVALID_ARGUMENT", reason: "bad-request", outcome: "none" } as const;
        await ctx.expectError(change(limit, value), refused, `modifyVolume with ${limit} ${value}`);
        await expectLimits(ctx, docks, id, before, `after ${limit} ${value} was refused`);
      }
      for (const limit of others) {
        await ctx.expectError(change(limit, valueOf(limit, 0)), unsupported, `modifyVolume with ${limit} too`);
        await expectLimits(ctx, docks, id, before, `after ${limit} was refused`);
      }
      const tooLarge = { code: "OUT_OF_RANGE", reason: "qos-out-of-range", outcome: "none" } as const;
      for (const limit of new Set([first, last])) {
        const huge = change(limit, Number.MAX_SAFE_INTEGER);
        const refused = await refusedWith(ctx, huge, tooLarge, `modifyVolume with the largest ${limit} that there can be`);
        await expectLimits(ctx, docks, id, refused ? before : await huge, `after ${limit} was ${refused ? "refused" : "set"}`);
        await driver.qos.modifyVolume({ id, qos: before });
      }
    },
  },
  {
    id: "QOS-3",
    family: "qos",
    level: "full",
    title: "A limit that is set while the volume is attached holds back what is written to it, within a fifth",
    rules: ["SB-QOS-3"],
    needs: ["device"],
    facets: ["qos"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "qos");
      const { first: limit } = await keptLimits(ctx, driver, ["writeBytesPerSecond", "bytesPerSecond"]);
      const volume = await ctx.create("slow", ctx.sizes.data);
      await withDevice(driver, volume, async (device) => {
        await driver.qos.modifyVolume({ id: volume.id, qos: { [limit]: bytesPerSecond } });
        // What a second may take at once is used up first.
        await writeDevice(device, 0, ctx.random.bytes(2 * bytesPerSecond));
        const seconds = 3;
        const bytes = ctx.random.bytes(seconds * bytesPerSecond);
        const beganMs = performance.now();
        await writeDevice(device, 16 * 2 ** 20, bytes);
        const rate = bytes.length / ((performance.now() - beganMs) / 1_000);
        ctx.note(`${limit} ${bytesPerSecond}: ${Math.round(rate)} bytes per second were written`);
        ctx.ok(rate <= 1.2 * bytesPerSecond, `at most ${bytesPerSecond} bytes per second are written, and a fifth more`, rate);
        await driver.qos.modifyVolume({ id: volume.id, qos: { [limit]: null } });
      });
    },
  },
];
