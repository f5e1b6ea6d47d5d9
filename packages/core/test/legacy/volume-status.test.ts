import { describe, expect, it } from "vitest";
import { readStatus } from "../../src/legacy/volume-status.js";

describe("readStatus", () => {
  it.each([
    ["creating", "creating"],
    ["downloading", "creating"],
    ["available", "available"],
    ["in-use", "in-use"],
    ["inUse", "in-use"],
    ["in_Use", "in-use"],
    ["deleting", "deleting"],
    ["error", "error"],
    ["errorDeleting", "error"],
    ["errorExtending", "error"],
    ["error_deleting", "error"],
    ["error_backing-up", "error"],
    ["attaching", "unknown"],
    ["extending", "unknown"],
    ["active", "unknown"],
    ["errors", "unknown"],
    ["constructor", "unknown"],
    ["", "unknown"],
  ])("reads %s as %s", (status, state) => {
    expect(readStatus(status).state).toBe(state);
  });

  it("keeps the driver's own word where it says more", () => {
    expect(readStatus("errorDeleting").stateReason).toContain('"errorDeleting"');
    expect(readStatus("inUse").stateReason).toBeUndefined();
    expect(readStatus("available").stateReason).toBeUndefined();
  });
});
