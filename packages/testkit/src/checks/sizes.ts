import { readFile } from "node:fs/promises";
import type { Check } from "../check.js";
import { deviceOf } from "./support/device-bytes.js";
import { findByName } from "./support/volumes.js";

/** Sizes, granularity and limits. */
export const sizesChecks: readonly Check[] = [
  {
    id: "SIZES-1",
    family: "sizes",
    level: "basic",
    title: "A volume has at least requiredBytes and at most limitBytes, and a range without a possible size is refused",
    rules: ["SB-SIZE-1"],
    run: async (ctx) => {
      const { driver, sizes } = ctx;
      const { granularityBytes, maxVolumeBytes } = ctx.manifest.limits;
      const step = granularityBytes;
      const large = Math.min(sizes.small + 3 * step, maxVolumeBytes - (maxVolumeBytes % step));
      const ranges: readonly (readonly [string, { requiredBytes?: number; limitBytes?: number }])[] = [
        ["exact", { requiredBytes: sizes.small, limitBytes: sizes.small }],
        ["one-byte-more", { requiredBytes: Math.min(sizes.small + 1, large) }],
        ["odd-range", { requiredBytes: Math.max(1, large - 1), limitBytes: large }],
        ["limit-only", { limitBytes: large }],
        ["below-minimum", { requiredBytes: 1 }],
      ];
      for (const [label, capacity] of ranges) {
        const made = await driver.createVolume({ name: ctx.name(label), capacity });
        const { sizeBytes } = await driver.getVolume({ id: made.id });
        ctx.equal(sizeBytes, made.sizeBytes, `the size read of a volume made with ${JSON.stringify(capacity)}`);
        const { requiredBytes = 1, limitBytes = maxVolumeBytes } = capacity;
        const fits = sizeBytes !== null && sizeBytes >= requiredBytes && sizeBytes <= limitBytes && sizeBytes % step === 0;
        ctx.ok(fits, `the size lies in ${JSON.stringify(capacity)} and is a multiple of ${step}`, sizeBytes);
      }

      if (sizes.small === 1) return;
      const name = ctx.name("impossible");
      const tooSmall = { requiredBytes: Math.max(1, sizes.small - 2), limitBytes: sizes.small - 1 };
      for (const capacity of [tooSmall, { limitBytes: sizes.small - 1 }]) {
        const call = driver.createVolume({ name, capacity });
        await ctx.expectError(call, { code: "OUT_OF_RANGE", outcome: "none" }, `createVolume with ${JSON.stringify(capacity)}`);
      }
      ctx.equal(await findByName(driver, name), undefined, "a volume under the refused name");
    },
  },
  {
    id: "SIZES-2",
    family: "sizes",
    level: "basic",
    title: "A size that is 0, negative, broken, not a number or too large is refused, and nothing is made",
    rules: ["SB-SIZE-2"],
    run: async (ctx) => {
      const { driver } = ctx;
      const { maxVolumeBytes } = ctx.manifest.limits;
      const invalid = [0, -1, 1.5, Number.NaN, -0, Number.POSITIVE_INFINITY];
      const tooLarge = [2 ** 60, ...(maxVolumeBytes < Number.MAX_SAFE_INTEGER ? [maxVolumeBytes + 1] : [])];
      const refusals: readonly (readonly [object, readonly ("INVALID_ARGUMENT" | "OUT_OF_RANGE")[]])[] = [
        ...invalid.map((bytes) => [{ requiredBytes: bytes }, ["INVALID_ARGUMENT"]] as const),
        ...invalid.map((bytes) => [{ limitBytes: bytes }, ["INVALID_ARGUMENT"]] as const),
        ...tooLarge.map((bytes) => [{ requiredBytes: bytes }, ["OUT_OF_RANGE", "INVALID_ARGUMENT"]] as const),
        [{ requiredBytes: ctx.sizes.small + 1, limitBytes: ctx.sizes.small }, ["INVALID_ARGUMENT"]],
        [{}, ["INVALID_ARGUMENT"]],
      ];
      const name = ctx.name("refused");
      for (const [capacity, code] of refusals) {
        const call = driver.createVolume({ name, capacity });
        await ctx.expectError(call, { code, outcome: "none" }, `createVolume with the capacity ${describe(capacity)}`);
      }
      ctx.equal(await findByName(driver, name), undefined, "a volume under the refused name");
    },
  },
  {
    id: "SIZES-3",
    family: "sizes",
    level: "basic",
    title: "The device of an attached volume has exactly the volume's size",
    rules: ["SB-SIZE-3"],
    needs: ["device"],
    run: async (ctx) => {
      // An odd number of steps: a device that is rounded to some larger unit shows.
      const { granularityBytes, maxVolumeBytes } = ctx.manifest.limits;
      const odd = ctx.sizes.small + 5 * granularityBytes;
      for (const sizeBytes of [ctx.sizes.small, ...(odd <= maxVolumeBytes ? [odd] : [])]) {
        const volume = await ctx.create("device", sizeBytes);
        const device = deviceOf(await ctx.driver.attachVolume({ volumeId: volume.id }));
        const sectors = Number(await readFile(`/sys/dev/block/${device.number}/size`, "utf8"));
        ctx.equal(sectors * 512, volume.sizeBytes, `the bytes of the device ${device.path}`);
      }
    },
  },
];

/** JSON would turn NaN and Infinity into null. */
const describe = (capacity: object): string =>
  `{ ${Object.entries(capacity).map(([field, bytes]) => `${field}: ${String(bytes)}`).join(", ")} }`;
