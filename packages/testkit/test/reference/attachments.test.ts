import { stat } from "node:fs/promises";
import { attachmentId, hostId, isSharedMode, type AccessMode, type Connection } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { context, failure, openDirectory, stores, temporaryDirectory, type Client } from "./support.js";

const modes: readonly AccessMode[] = ["single-writer", "single-reader", "multi-reader", "multi-writer"];
const pairs = modes.flatMap((first) => modes.map((second) => ({ first, second })));

const disconnect = (client: Client, { attachment }: Connection) =>
  client.backend.disconnectVolume({ volumeId: attachment.volumeId, attachmentId: attachment.id }, context("disconnectVolume"));

describe("attachments", () => {
  it("tells the host where the file is, in full size and blank", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const volume = await client.create("v");
    const { attachment, info } = await client.connect(volume.id, "a");
    expect(attachment).toMatchObject({ volumeId: volume.id, hostId: "a", mode: "single-writer" });
    expect(info).toMatchObject({ protocol: "file", readOnly: false });
    if (info.protocol !== "file") return;
    expect((await stat(info.path)).size).toBe(volume.sizeBytes);
    expect((await client.get("v")).state).toBe("in-use");
  });

  it.each(pairs)("lets another host have $second beside $first only where all share alike", async ({ first, second }) => {
    const client = await openDirectory(await temporaryDirectory());
    const { id } = await client.create("v");
    await client.connect(id, "a", first);
    if (first === second && isSharedMode(first)) {
      await client.connect(id, "b", second);
      return;
    }
    const error = await failure(client.connect(id, "b", second));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-attached-elsewhere", outcome: "none", details: { hostId: "a", mode: first } });
    expect(error.message).toContain("host a as");
  });

  it.each(pairs)("gives a host that has $first the same again, and refuses $second if that differs", async ({ first, second }) => {
    const client = await openDirectory(await temporaryDirectory());
    const { id } = await client.create("v");
    const connection = await client.connect(id, "a", first);
    if (first === second) {
      expect(await client.connect(id, "a", second)).toEqual(connection);
      expect(connection.info).toMatchObject({ readOnly: first.endsWith("reader") });
    } else {
      expect(await failure(client.connect(id, "a", second))).toMatchObject({ reason: "volume-attached-elsewhere", details: { hostId: "a" } });
    }
  });

  it("keeps a restarted host's attachment and notes its new boot", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const { id } = await client.create("v");
    const before = await client.connect(id, "a", "single-writer", "boot-1");
    const after = await client.connect(id, "a", "single-writer", "boot-2");
    expect(after.attachment).toEqual({ ...before.attachment, connector: { ...before.attachment.connector, bootId: "boot-2" } });
  });

  it("gives an exclusive volume to one of many hosts that ask at once", async () => {
    const dir = await temporaryDirectory();
    const clients = await Promise.all([1, 2, 3, 4].map(() => openDirectory(dir)));
    const { id } = await (await openDirectory(dir)).create("v");
    const results = await Promise.allSettled(clients.flatMap((client, at) => [client.connect(id, `h${at}`), client.connect(id, `k${at}`)]));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("loses no attachment when many hosts share at once", async () => {
    const dir = await temporaryDirectory();
    const client = await openDirectory(dir);
    const { id } = await client.create("v");
    const hosts = Array.from({ length: 12 }, (_, index) => `h${index}`);
    await Promise.all(hosts.map(async (host) => (await openDirectory(dir)).connect(id, host, "multi-reader")));
    const listed = await client.backend.listConnections({ volumeId: id }, context("listAttachments"));
    expect(listed.map(({ attachment }) => attachment.hostId).sort()).toEqual([...hosts].sort());
  });

  it("refuses to delete an attached volume, and changes nothing", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const { id } = await client.create("v");
    const connections = [await client.connect(id, "a", "multi-reader"), await client.connect(id, "b", "multi-reader")];
    const error = await failure(client.remove(id));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-use", outcome: "none", details: { hosts: ["a", "b"] } });
    expect(error.message).toContain("a, b");
    expect((await client.get("v")).state).toBe("in-use");
    for (const connection of connections) await disconnect(client, connection);
    expect((await client.get("v")).state).toBe("available");
    await client.remove(id);
  });

  it("either attaches or deletes when both are asked at once", async () => {
    const dir = await temporaryDirectory();
    const [one, two] = [await openDirectory(dir), await openDirectory(dir)];
    for (let round = 0; round < 20; round += 1) {
      const { id } = await one.create("v");
      const [connected, deleted] = await Promise.allSettled([one.connect(id, "a"), two.remove(id)]);
      expect([connected.status, deleted.status].sort()).toEqual(["fulfilled", "rejected"]);
      if (connected.status === "fulfilled") await disconnect(one, connected.value);
      await one.remove(id);
    }
  });

  it("lists by volume and by host, and gives up what is not there", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const [first, second] = [await client.create("1"), await client.create("2")];
    const a1 = await client.connect(first.id, "a");
    const a2 = await client.connect(second.id, "a", "multi-writer");
    const b2 = await client.connect(second.id, "b", "multi-writer");
    const list = async (request: { volumeId?: typeof first.id; hostId?: ReturnType<typeof hostId> }) =>
      (await client.backend.listConnections(request, context("listAttachments"))).map(({ attachment }) => attachment.id).sort();
    const ids = (...connections: Connection[]) => connections.map(({ attachment }) => attachment.id).sort();
    expect(await list({})).toEqual(ids(a1, a2, b2));
    expect(await list({ hostId: hostId("a") })).toEqual(ids(a1, a2));
    expect(await list({ volumeId: second.id })).toEqual(ids(a2, b2));
    expect(await list({ volumeId: second.id, hostId: hostId("b") })).toEqual(ids(b2));
    await disconnect(client, a2);
    await disconnect(client, a2);
    await client.backend.disconnectVolume({ volumeId: first.id, attachmentId: attachmentId("other") }, context("disconnectVolume"));
    expect(await list({})).toEqual(ids(a1, b2));
    await disconnect(client, a1);
    await client.remove(first.id);
    await disconnect(client, a1);
  });

  it("has no devices in memory, and says so", async () => {
    const client = await stores.find(({ store }) => store === "memory")?.open();
    const volume = await client?.create("v");
    if (client === undefined || volume === undefined) throw new Error("no memory store");
    expect(await failure(client.connect(volume.id, "a"))).toMatchObject({ code: "UNIMPLEMENTED", reason: "no-devices", outcome: "none" });
    expect(await client.backend.listConnections({}, context("listAttachments"))).toEqual([]);
  });
});
