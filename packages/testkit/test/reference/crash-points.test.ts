import { readFile, writeFile } from "node:fs/promises";
import { MiB, type Volume } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { atEachStep, countAsDead, expectClean, mustHave } from "./crash.js";
import { context, failure, leaks, type Client } from "./support.js";

countAsDead();

const nothing = () => Promise.resolve(undefined);
const makeV = (client: Client) => client.create("v");
describe("a create that was killed", () => {
  it("is not there, and its replay makes one volume", async () => {
    const steps = await atEachStep(nothing, (client) => client.create("v"), async ({ dir, other }) => {
      expect(await other.list()).toEqual([]);
      expect(await failure(other.get("v"))).toMatchObject({ code: "NOT_FOUND" });
      const volume = await other.create("v");
      expect(await (await expectClean(dir)).list()).toEqual([volume]);
    });
    expect(steps).toEqual(["stage", "publish"]);
  });

  it("leaves nothing when nobody replays it, and does not block another request", async () => {
    await atEachStep(nothing, (client) => client.create("v"), async ({ dir }) => {
      const client = await expectClean(dir);
      expect(await client.list()).toEqual([]);
      expect(await client.create("v", { sizeBytes: 2 * MiB })).toMatchObject({ sizeBytes: 2 * MiB });
    });
  });

  it("finds the replay's volume when it only slept", async () => {
    await atEachStep(nothing, (client) => client.create("v"), async ({ dir, other, halt, halted }) => {
      const volume = await other.create("v");
      halt.resume();
      expect(await halted).toEqual(volume);
      expect(await (await expectClean(dir)).list()).toEqual([volume]);
    });
  });

  it("starts over when it slept while its staged volume was swept", async () => {
    await atEachStep(nothing, (client) => client.create("v"), async ({ dir, halt, halted }) => {
      await expectClean(dir);
      halt.resume();
      const volume = await halted;
      expect(await (await expectClean(dir)).list()).toEqual([volume]);
    });
  });
});

describe("a delete that was killed", () => {
  const remove = (client: Client, volume: Volume | undefined) => client.remove(mustHave(volume).id);

  it("converges when replayed", async () => {
    const steps = await atEachStep(makeV, remove, async ({ dir, other, volume }) => {
      await other.remove(mustHave(volume).id);
      expect(await leaks(dir)).toEqual([]);
      expect(await other.list()).toEqual([]);
    });
    expect(steps).toEqual(["close", "bury", "purge"]);
  });

  it("leaves the volume as it was or frees its name, and the sweep does the rest", async () => {
    await atEachStep(makeV, remove, async ({ dir, other, volume }) => {
      const listed = await other.list();
      expect([[], [volume]]).toContainEqual(listed);
      const again = await other.create("v");
      expect(again.id === volume?.id).toBe(listed.length === 1);
      expect(await (await expectClean(dir)).list()).toEqual([again]);
    });
  });

  it("spares the next volume of that name when it only slept, whatever happened meanwhile", async () => {
    await atEachStep(makeV, remove, async ({ dir, other, volume, halt, halted }) => {
      await other.remove(mustHave(volume).id);
      const next = await other.create("v");
      const { info } = await other.connect(next.id, "host");
      if (info.protocol !== "file") throw new Error("no file");
      expect((await readFile(info.path)).every((byte) => byte === 0)).toBe(true);
      await writeFile(info.path, "precious", { flag: "r+" });
      halt.resume();
      await halted;
      expect((await readFile(info.path)).subarray(0, 8).toString()).toBe("precious");
      expect((await (await expectClean(dir)).get("v")).id).toBe(next.id);
    });
  });

  it("does not delete what was attached while it slept", async () => {
    let refused = 0;
    await atEachStep(makeV, remove, async ({ dir, other, volume, halt, halted }) => {
      const attached = await other.connect(mustHave(volume).id, "host").catch(() => undefined);
      halt.resume();
      if (attached === undefined) await halted;
      else {
        expect(await failure(halted)).toMatchObject({ reason: "volume-in-use" });
        refused += 1;
      }
      await expectClean(dir);
    });
    expect(refused).toBe(1);
  });
});

describe("a connect that was killed", () => {
  const connect = (client: Client, volume: Volume | undefined) => client.connect(mustHave(volume).id, "a");

  it("has not happened, and its replay makes one attachment", async () => {
    const steps = await atEachStep(makeV, connect, async ({ dir, other, volume }) => {
      expect(await other.get("v")).toMatchObject({ state: "available" });
      const { attachment } = await other.connect(mustHave(volume).id, "a");
      const client = await expectClean(dir);
      const listed = await client.backend.listConnections({}, context("listAttachments"));
      expect(listed.map(({ attachment: { id } }) => id)).toEqual([attachment.id]);
    });
    expect(steps).toEqual(["write-version", "move-head"]);
  });

  it("leaves nothing when nobody replays it", async () => {
    await atEachStep(makeV, connect, async ({ dir }) => {
      expect(await (await expectClean(dir)).list()).toMatchObject([{ state: "available" }]);
    });
  });

  it("is refused when another host was first while it slept", async () => {
    await atEachStep(makeV, connect, async ({ dir, other, volume, halt, halted }) => {
      await other.connect(mustHave(volume).id, "b");
      halt.resume();
      expect(await failure(halted)).toMatchObject({ reason: "volume-attached-elsewhere", details: { hostId: "b" } });
      await expectClean(dir);
    });
  });

  it("finds no volume when that was deleted and made anew while it slept", async () => {
    await atEachStep(makeV, connect, async ({ dir, other, volume, halt, halted }) => {
      await other.remove(mustHave(volume).id);
      await other.create("v");
      halt.resume();
      expect(await failure(halted)).toMatchObject({ code: "NOT_FOUND" });
      expect(await (await expectClean(dir)).list()).toMatchObject([{ state: "available" }]);
    });
  });

  it("succeeds when a sweep ran while it slept", async () => {
    await atEachStep(makeV, connect, async ({ dir, halt, halted }) => {
      await expectClean(dir);
      halt.resume();
      await halted;
      expect(await (await expectClean(dir)).list()).toMatchObject([{ state: "in-use" }]);
    });
  });
});
