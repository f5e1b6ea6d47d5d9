import { open, stat } from "node:fs/promises";
import { hostId, type AccessMode } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { atEachStep, countAsDead, expectClean, mustHave } from "./crash.js";
import { context, failure, openDirectory, stores, temporaryDirectory, type Client } from "./support.js";

countAsDead();

function facet(client: Client) {
  if (client.backend.fencing === undefined) throw new Error("the facet is not there");
  return client.backend.fencing;
}
const fence = (client: Client, host = "dead") => facet(client).fenceHost({ hostId: hostId(host) }, context("fenceHost", client.onStep));
const unfence = (client: Client, host = "dead") => facet(client).unfenceHost({ hostId: hostId(host) }, context("unfenceHost", client.onStep));

async function connected(client: Client, name: string, mode: AccessMode = "single-writer", host = "dead") {
  const volume = await client.create(name);
  const { attachment, info } = await client.connect(volume.id, host, mode);
  if (info.protocol !== "file") throw new Error("no file");
  return { volume, attachment, path: info.path };
}

describe("fencing", () => {
  it("takes a host's volumes, lets it have none, and frees them for others", async () => {
    const dir = await temporaryDirectory();
    const client = await openDirectory(dir);
    const { volume, attachment } = await connected(client, "v");
    const { attachment: reading } = await connected(client, "r", "multi-reader");
    const result = await fence(client);
    expect(result.hostId).toBe("dead");
    expect([...result.attachmentIds].sort()).toEqual([attachment.id, reading.id].sort());
    expect(await client.get("v")).toMatchObject({ state: "available" });
    expect(await failure(client.connect(volume.id, "dead"))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "host-fenced", recovery: "operator" });
    expect(await fence(await openDirectory(dir))).toEqual({ hostId: "dead", attachmentIds: [] });
    await client.connect(volume.id, "alive");
    await unfence(client);
    await unfence(client);
    await client.connect((await client.create("w")).id, "dead");
    await expectClean(dir);
  });

  it("keeps what the host wrote, and loses what it writes from then on", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const { volume, path } = await connected(client, "v");
    const device = await open(path, "r+");
    await device.write("before", 0);
    await fence(client);
    await device.write("late__", 0);
    await device.close();
    expect(await client.text(volume.id)).toBe("before");
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });

  it("says which volumes other hosts write to as well, and takes the rest", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const { volume } = await connected(client, "shared", "multi-writer");
    await client.connect(volume.id, "other", "multi-writer");
    await connected(client, "own");
    expect(await failure(fence(client))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-shared", details: { volumeIds: [volume.id] } });
    expect(await client.get("own")).toMatchObject({ state: "available" });
  });

  it("leaves a fenced host without attachments, whatever it asks for at the same time", async () => {
    const dir = await temporaryDirectory();
    for (let round = 0; round < 10; round += 1) {
      const [one, two] = [await openDirectory(dir), await openDirectory(dir)];
      const { id } = await one.create(`v${round}`);
      await Promise.allSettled([one.connect(id, "dead"), fence(two)]);
      expect(await two.backend.listConnections({ hostId: hostId("dead") }, context("listAttachments"))).toEqual([]);
      await unfence(two);
    }
  });

  it("converges when it was killed", async () => {
    const prepare = async (client: Client) => {
      const { volume } = await connected(client, "v");
      return volume;
    };
    const steps = await atEachStep(prepare, (client) => fence(client), async ({ dir, other, volume }) => {
      await expectClean(dir);
      await fence(other);
      const client = await expectClean(dir);
      expect(await client.get("v")).toMatchObject({ state: "available" });
      expect(await failure(client.connect(mustHave(volume).id, "dead"))).toMatchObject({ reason: "host-fenced" });
    });
    expect(steps).toEqual(["stage", "publish", "write-version", "move-head"]);
  });

  it("is not there in memory, which has no hosts", async () => {
    const client = await stores.find(({ store }) => store === "memory")?.open();
    expect(client?.backend.fencing).toBeUndefined();
  });
});
