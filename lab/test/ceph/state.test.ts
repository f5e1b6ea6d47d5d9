import { describe, expect, it } from "vitest";
import { completeReply } from "../../src/ceph/admin-socket.js";
import { isClean, parseStatus } from "../../src/ceph/health.js";
import { hasLaggy } from "../../src/ceph/laggy.js";
import { daemonNames, splitName } from "../../src/ceph/layout.js";
import { type CephState, parseState } from "../../src/ceph/state.js";

const state: CephState = { layout: 1, stage: "making", fsid: "f", osds: 2, ports: { first: 20_000, count: 160 } };

describe("the state file", () => {
  it("is read back as it was written", () => {
    expect(parseState(JSON.stringify(state))).toEqual(state);
  });

  it.each([
    ["nothing", ""],
    ["half a file", JSON.stringify(state).slice(0, 30)],
    ["a list", "[]"],
    ["another layout", JSON.stringify({ ...state, layout: 2 })],
    ["an unknown stage", JSON.stringify({ ...state, stage: "done" })],
    ["no OSD", JSON.stringify({ ...state, osds: 0 })],
    ["OSDs in words", JSON.stringify({ ...state, osds: "2" })],
    ["no ports", JSON.stringify({ ...state, ports: null })],
  ])("is no state when it holds %s", (_, text) => {
    expect(parseState(text)).toBeUndefined();
  });
});

describe("what the cluster says", () => {
  const status = (osdsUp: number, states: Record<string, number>): string =>
    JSON.stringify({
      osdmap: { num_up_osds: osdsUp },
      pgmap: {
        num_pgs: 16,
        pgs_by_state: Object.entries(states).map(([name, count]) => ({ state_name: name, count })),
      },
    });

  it("is clean only when every OSD is up and every placement group is", () => {
    expect(isClean(parseStatus(status(1, { "active+clean": 16 })), 1)).toBe(true);
    expect(isClean(parseStatus(status(1, { "active+clean": 16 })), 2)).toBe(false);
    expect(isClean(parseStatus(status(1, { "active+clean": 15, unknown: 1 })), 1)).toBe(false);
    expect(isClean(parseStatus("{}"), 1)).toBe(false);
    expect(isClean(parseStatus("not JSON"), 1)).toBe(false);
  });

  it("tells groups that wait for their OSD's lease from others", () => {
    expect(hasLaggy(parseStatus(status(1, { "active+clean": 12, "active+clean+laggy": 4 })))).toBe(true);
    expect(hasLaggy(parseStatus(status(1, { "active+clean": 12, "active+undersized": 4 })))).toBe(false);
  });

  it("is read from an admin socket once it is there in full", () => {
    const reply = Buffer.from("\0\0\0\u0003{ }more");
    expect(completeReply(reply.subarray(0, 3))).toBeUndefined();
    expect(completeReply(reply.subarray(0, 6))).toBeUndefined();
    expect(completeReply(reply)).toBe("{ }");
  });
});

describe("daemons", () => {
  it("start in the order in which they need each other", () => {
    expect(daemonNames(2)).toEqual(["mon.a", "mgr.x", "osd.0", "osd.1"]);
    expect(daemonNames(2).map(splitName)).toEqual([
      { type: "mon", id: "a" },
      { type: "mgr", id: "x" },
      { type: "osd", id: "0" },
      { type: "osd", id: "1" },
    ]);
  });
});
