import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveCapacity } from "../../src/guard/capacity.js";
import { GiB, MiB } from "../../src/model/size.js";

const limits = { nameBytes: 128, granularityBytes: MiB, minVolumeBytes: 4 * MiB, maxVolumeBytes: 64 * GiB };

describe("resolveCapacity", () => {
  it.each([
    [{ requiredBytes: GiB }, GiB],
    [{ requiredBytes: GiB + 1 }, GiB + MiB],
    [{ requiredBytes: 1 }, 4 * MiB],
    [{ limitBytes: 10 * MiB + 5 }, 10 * MiB],
    [{ limitBytes: 8 * GiB }, GiB],
    [{ requiredBytes: 5 * MiB, limitBytes: 5 * MiB }, 5 * MiB],
  ])("settles %j", (capacity, sizeBytes) => {
    expect(resolveCapacity(capacity, limits)).toMatchObject({ sizeBytes });
  });

  it.each([
    [{}, "INVALID_ARGUMENT", "neither"],
    [{ requiredBytes: 0 }, "INVALID_ARGUMENT", "requiredBytes is 0"],
    [{ requiredBytes: -1 }, "INVALID_ARGUMENT", "-1"],
    [{ requiredBytes: 1.5 }, "INVALID_ARGUMENT", "1.5"],
    [{ requiredBytes: Number.NaN }, "INVALID_ARGUMENT", "NaN"],
    [{ limitBytes: Number.POSITIVE_INFINITY }, "INVALID_ARGUMENT", "Infinity"],
    [{ requiredBytes: 2 ** 60 }, "OUT_OF_RANGE", "sizes go up to"],
    [{ requiredBytes: 65 * GiB }, "OUT_OF_RANGE", "maximum of 64 GiB"],
    [{ requiredBytes: 2 * MiB, limitBytes: MiB }, "INVALID_ARGUMENT", "above limitBytes"],
    [{ requiredBytes: 1, limitBytes: MiB }, "OUT_OF_RANGE", "at least 4 MiB"],
    [{ requiredBytes: 5 * MiB + 1, limitBytes: 5 * MiB + 2 }, "OUT_OF_RANGE", "steps of 1 MiB"],
  ])("refuses %j", (capacity, code, words) => {
    const result = resolveCapacity(capacity, limits);
    expect(result).toMatchObject({ code });
    expect("problem" in result && result.problem).toContain(words);
  });

  it("never breaks a bound that it accepted", () => {
    const bytes = fc.option(fc.integer({ min: 1, max: 80 * GiB }), { nil: undefined });
    fc.assert(
      fc.property(bytes, bytes, (requiredBytes, limitBytes) => {
        const result = resolveCapacity({ requiredBytes, limitBytes }, limits);
        if ("problem" in result) return;
        expect(result.sizeBytes % limits.granularityBytes).toBe(0);
        expect(result.sizeBytes).toBeGreaterThanOrEqual(Math.max(requiredBytes ?? 0, limits.minVolumeBytes));
        expect(result.sizeBytes).toBeLessThanOrEqual(Math.min(limitBytes ?? Infinity, limits.maxVolumeBytes));
      }),
    );
  });
});
