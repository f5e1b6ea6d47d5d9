import { MiB, type Snapshot, type Volume } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { atEachStep, countAsDead, expectClean, mustHave } from "./crash.js";
import { failure, type Client } from "./support.js";

countAsDead();

const makeV = async (client: Client): Promise<Volume> => {
  const volume = await client.create("v");
  await client.write(volume.id, "before");
  return volume;
};

/** A snapshot of the prepared volume that holds `before`, where the volume holds `after`. */
async function withSnapshot(client: Client): Promise<Volume> {
  const volume = await makeV(client);
  await client.snapshot("s", volume.id);
  await client.write(volume.id, "after_");
  return volume;
}

async function snapshotOf(client: Client): Promise<Snapshot> {
  const [snapshot] = await client.listSnapshots();
  if (snapshot === undefined) throw new Error("no snapshot");
  return snapshot;
}

describe("a createSnapshot that was killed", () => {
  const cut = (client: Client, volume: Volume | undefined) => client.snapshot("s", mustHave(volume).id);

  it("is not there, and its replay makes one snapshot", async () => {
    const steps = await atEachStep(makeV, cut, async ({ dir, other, volume }) => {
      expect(await other.listSnapshots()).toEqual([]);
      const snapshot = await other.snapshot("s", mustHave(volume).id);
      expect(await (await expectClean(dir)).listSnapshots()).toEqual([snapshot]);
    });
    expect(steps).toEqual(["stage", "publish"]);
  });

  it("holds what the volume held when it only slept, or finds no volume any more", async () => {
    await atEachStep(makeV, cut, async ({ dir, other, volume, halt, halted }) => {
      await other.remove(mustHave(volume).id);
      halt.resume();
      const [result] = await Promise.allSettled([halted]);
      const client = await expectClean(dir);
      const listed = await client.listSnapshots();
      expect(listed).toHaveLength(result.status === "fulfilled" ? 1 : 0);
      for (const { id } of listed) {
        const clone = await client.create("clone", { source: { kind: "snapshot", snapshotId: id } });
        expect(await client.text(clone.id)).toBe("before");
      }
    });
  });
});

describe("a create from a source that was killed", () => {
  const clone = (client: Client, volume: Volume | undefined) =>
    client.create("clone", { sizeBytes: 2 * MiB, source: { kind: "volume", volumeId: mustHave(volume).id } });

  it("is not there, and its replay makes one volume with the source's content", async () => {
    const steps = await atEachStep(makeV, clone, async ({ dir, other, volume }) => {
      expect(await other.list()).toHaveLength(1);
      const made = await clone(other, volume);
      expect(await other.text(made.id)).toBe("before");
      expect((await (await expectClean(dir)).list()).map(({ name }) => name).sort()).toEqual(["clone", "v"]);
    });
    expect(steps).toEqual(["stage", "publish"]);
  });
});

describe("a revertVolume that was killed", () => {
  const revert = async (client: Client, volume: Volume | undefined) => client.revert(mustHave(volume).id, (await snapshotOf(client)).id);

  it("has not happened, and its replay puts the volume back", async () => {
    const steps = await atEachStep(withSnapshot, revert, async ({ dir, other, volume }) => {
      const { id } = mustHave(volume);
      expect(await other.text(id)).toBe("after_");
      await revert(other, volume);
      expect(await other.text(id)).toBe("before");
      expect(await (await expectClean(dir)).text(id)).toBe("before");
    });
    expect(steps).toEqual(["write-version", "move-head"]);
  });

  it("leaves nothing when nobody replays it", async () => {
    await atEachStep(withSnapshot, revert, async ({ dir, volume }) => {
      expect(await (await expectClean(dir)).text(mustHave(volume).id)).toBe("after_");
    });
  });

  it("is refused when a host was first while it slept", async () => {
    await atEachStep(withSnapshot, revert, async ({ dir, other, volume, halt, halted }) => {
      await other.connect(mustHave(volume).id, "a");
      halt.resume();
      expect(await failure(halted)).toMatchObject({ reason: "volume-in-use" });
      await expectClean(dir);
    });
  });

  it("starts over when a sweep took its copy while it slept", async () => {
    await atEachStep(withSnapshot, revert, async ({ dir, volume, halt, halted }) => {
      await expectClean(dir);
      halt.resume();
      await halted;
      expect(await (await expectClean(dir)).text(mustHave(volume).id)).toBe("before");
    });
  });
});
