import * as v from "valibot";
import { describe, expect, it, vi } from "vitest";
import { requestMetadata } from "../src/records/records.js";
import { volumeRow } from "./cloud-server.js";
import { ours, testClouds } from "./test-clouds.js";

// Nothing takes time.
vi.mock("../src/poll.js", () => {
  const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const pacer = { next: rest, done: () => undefined };
  return { pause: rest, createPacer: () => pacer, createPaces: () => () => pacer };
});

const { cloudWith, driverOn } = testClouds();

describe("what killed creates left of volumes", () => {
  const id = "d48701bf-d02e-4b1c-a971-bf44686cd943";
  const undecided = requestMetadata({ name: "one", capacity: { requiredBytes: 1, limitBytes: null }, parameters: {}, sizeBytes: 2 ** 30 }, "maker");

  /** What is found of a volume in this state, and what was asked for to mend it. */
  async function found(status: string) {
    let there = true;
    const row = volumeRow({ id, status, metadata: { ...undecided, "opensds.contested": "1", "opensds.unclaimed": "1" } });
    const server = await cloudWith(({ method, path }) => {
      if (path === "/v3/p1/volumes/detail") return { status: 200, body: { volumes: there ? [row] : [] } };
      if (path !== `/v3/p1/volumes/${id}`) return undefined;
      if (method === "DELETE") there = false;
      return there ? { status: 200, body: { volume: row } } : { status: 202 };
    });
    const driver = await driverOn(server);
    await driver.setup();
    const orphans = (await driver.reconciliation?.reconcile({ repair: true })) ?? [];
    const asked = server.received.filter(({ method, path }) => method !== "GET" && !path.endsWith("/tokens")).map(({ method }) => method);
    return { orphans: orphans.map(({ kind, reference, action, repaired }) => ({ kind, reference, action, repaired })), message: orphans[0]?.message, asked };
  }

  it("goes where Cinder could not make it", async () => {
    const { orphans, asked } = await found("error");
    expect(orphans).toEqual([{ kind: "half-made-volume", reference: id, action: "undo", repaired: true }]);
    expect(asked).toEqual(["DELETE"]);
  });

  it("is told to the operator where Cinder could not delete it either, which only an administrator may try again", async () => {
    const { orphans, message, asked } = await found("error_deleting");
    expect(orphans).toEqual([{ kind: "half-made-volume", reference: id, action: "report", repaired: false }]);
    expect(message).toContain("have the cloud's operator delete it");
    expect(asked).toEqual([]);
  });

  it("is not what another tool has reserved for an instance, which waits for its server perhaps", async () => {
    const row = volumeRow({ id, status: "reserved", metadata: ours("one") });
    const reserved = [null, "c0ffee00-0000-4000-8000-000000000001"].map((instance, index) => ({ id: `a${index}`, status: "reserved", volume_id: id, instance, connection_info: {} }));
    const server = await cloudWith(({ method, path }) => {
      if (path === "/v3/p1/volumes/detail") return { status: 200, body: { volumes: [row] } };
      if (path === "/v3/p1/attachments/detail") return { status: 200, body: { attachments: reserved } };
      return method === "DELETE" ? { status: 200, body: { attachments: [] } } : undefined;
    });
    const driver = await driverOn(server);
    await driver.setup();
    expect(await driver.reconciliation?.reconcile({ repair: true })).toMatchObject([{ kind: "half-made-attachment", reference: "a0", repaired: true }]);
    expect(server.received.filter(({ method }) => method === "DELETE").map(({ path }) => path)).toEqual(["/v3/p1/attachments/a0"]);
  });

  it("goes where its create was killed when it had proposed to drop it", async () => {
    let attachments = [{ id: "a1", status: "reserved", volume_id: id, instance: "09e45d51-0000-4000-8000-000000000001" }];
    let row = volumeRow({ id, status: "reserved", metadata: { ...undecided, "opensds.contested": "1" } });
    let there = true;
    const server = await cloudWith(({ method, path, body }) => {
      if (path === "/v3/p1/volumes/detail") return { status: 200, body: { volumes: there ? [row] : [] } };
      if (path === "/v3/p1/attachments/detail") return { status: 200, body: { attachments } };
      if (method === "DELETE" && path === "/v3/p1/attachments/a1") {
        attachments = [];
        row = { ...row, status: "available" };
        return { status: 200, body: { attachments } };
      }
      if (method === "POST" && path === `/v3/p1/volumes/${id}/metadata`) {
        const { metadata } = v.parse(v.object({ metadata: v.record(v.string(), v.string()) }), body);
        row = { ...row, metadata: Object.assign({}, row["metadata"], metadata) };
        return { status: 200, body: { metadata } };
      }
      if (path !== `/v3/p1/volumes/${id}`) return undefined;
      if (method === "DELETE") there = false;
      return there ? { status: 200, body: { volume: row } } : { status: 202 };
    });
    const driver = await driverOn(server);
    await driver.setup();
    expect(await driver.reconciliation?.reconcile({ repair: true })).toMatchObject([{ kind: "undecided-volume", reference: id, repaired: true }]);
    expect([there, row["metadata"]]).toMatchObject([false, { "opensds.fate": "dropped" }]);
  });
});
