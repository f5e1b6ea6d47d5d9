import { SouthboundError, type CallContext } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { openCall } from "../src/call.js";
import type { CinderVolume } from "../src/transport/shapes.js";
import { createLooks } from "../src/volumes/looks.js";

function contextOf(signal: AbortSignal): CallContext {
  return {
    operation: "createVolume",
    signal,
    remainingMs: () => 1_000,
    fail: (code, reason, message, info) => new SouthboundError(code, reason, message, info),
    step: () => Promise.resolve(),
    log: console,
  };
}

const rowOf = (id: string, status: string): CinderVolume => ({ id, status, size: 1, created_at: "2026-01-01T00:00:00", metadata: {}, multiattach: false, encrypted: false });

/** A cloud where every volume of these is being made, and every other one is ready. */
function cloudOf(creating: Set<string>) {
  const asked: string[] = [];
  const answer = async <Value>(what: string, value: () => Value): Promise<Value> => {
    asked.push(what);
    await new Promise((resolve) => setImmediate(resolve));
    return value();
  };
  const looks = createLooks(
    {
      get: (_, id) => answer(id, () => rowOf(id, creating.has(id) ? "creating" : "available")),
      page: (_, { status }) => answer(`list ${String(status)}`, () => [...creating].map((id) => rowOf(id, "creating"))),
    },
    1_000,
  );
  return { asked, looks };
}

describe("waits for volumes", () => {
  const call = () => openCall(contextOf(new AbortController().signal));

  it("look at each by itself while they are few", async () => {
    const { asked, looks } = cloudOf(new Set(["a", "b"]));
    const watches = ["a", "b"].map((id) => looks("creating", id));
    for (const watch of watches) expect(await watch.look(call())).toMatchObject({ status: "creating" });
    expect(asked).toEqual(["a", "b"]);
  });

  it("share one list when they are many, and only what has left it is asked for", async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `v${index}`);
    const creating = new Set(ids);
    const { asked, looks } = cloudOf(creating);
    const watches = ids.map((id) => looks("creating", id));
    creating.delete("v7");
    const seen = await Promise.all(watches.map((watch) => watch.look(call())));
    expect(seen.filter((row) => row?.status === "available").map((row) => row?.id)).toEqual(["v7"]);
    // The first began a list at once; everybody else asked after that, and has the next.
    expect(asked.toSorted()).toEqual(["list creating", "list creating", "v7"]);
    asked.length = 0;
    for (const watch of watches.slice(2)) watch.end();
    await watches[0]?.look(call());
    expect(asked).toEqual(["v0"]);
  });

  it("end with their own calls, and leave the list to the others", async () => {
    const ids = ["a", "b", "c", "d", "e"];
    const { looks } = cloudOf(new Set(ids));
    const watches = ids.map((id) => looks("creating", id));
    const over = new AbortController();
    const looking = watches.map((watch, index) => watch.look(index === 0 ? openCall(contextOf(over.signal)) : call()));
    over.abort(new Error("over"));
    await expect(looking[0]).rejects.toThrow("over");
    for (const look of looking.slice(1)) expect(await look).toMatchObject({ status: "creating" });
  });
});
