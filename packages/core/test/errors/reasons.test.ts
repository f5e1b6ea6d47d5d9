import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { defaultRecovery } from "../../src/errors/codes.js";
import { isKnownReason, reasons, usualRecovery } from "../../src/errors/reasons.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";
import { reasonsIn } from "./reasons-in-code.js";

const packages = fileURLToPath(new URL("../../..", import.meta.url));
const given = ["core/src", "testkit/src/reference", "driver-ceph/src", "driver-cinder/src"].flatMap((folder) => reasonsIn(`${packages}/${folder}`, folder));

describe("the catalogue of reasons", () => {
  it("has every reason that the packages give, with the code that they give it", () => {
    const strangers = given.filter(({ reason, code }) => !isKnownReason(reason) || (code !== undefined && reasons[reason].codes[code] === undefined));
    expect(strangers.map(({ where, code, reason }) => `${where} ${code ?? "?"} ${reason}`)).toEqual([]);
    // The scan finds something: about a hundred places today.
    expect(given.length).toBeGreaterThan(80);
  });

  it("means the recovery that the packages give", () => {
    const differing = given.filter(({ code, reason, recovery }) => code !== undefined && recovery !== undefined && usualRecovery(code, reason) !== recovery);
    expect(differing.map(({ where, reason, recovery }) => `${where} ${reason} ${String(recovery)}`)).toEqual([]);
  });

  it("says in one sentence each what a reason means and what to do", () => {
    for (const [reason, { meaning, mend, codes }] of Object.entries(reasons)) {
      expect(reason).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(Object.keys(codes).length, reason).toBeGreaterThan(0);
      for (const sentence of [meaning, mend]) expect(sentence).toMatch(/^[^|\n]+\.$/);
    }
  });
});

describe("the recovery of an error", () => {
  it("is what its reason means with its code, unless the author says otherwise", () => {
    expect(new SouthboundError("ABORTED", "bad-token", "").recovery).toBe("fix-request");
    expect(new SouthboundError("NOT_FOUND", "directory-not-found", "").recovery).toBe("operator");
    expect(new SouthboundError("FAILED_PRECONDITION", "directory-not-found", "").recovery).toBe("fix-request");
    expect(new SouthboundError("ABORTED", "bad-token", "", { recovery: "operator" }).recovery).toBe("operator");
  });

  it("is what the code means where the reason is a driver's own, or goes with another code", () => {
    expect(new SouthboundError("ABORTED", "array-rebuilding", "").recovery).toBe(defaultRecovery.ABORTED);
    expect(new SouthboundError("UNAVAILABLE", "toString", "").recovery).toBe(defaultRecovery.UNAVAILABLE);
    expect(new SouthboundError("UNAVAILABLE", "bad-token", "").recovery).toBe(defaultRecovery.UNAVAILABLE);
  });
});
