import { volumeId } from "@opensds/core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { requestMetadata } from "../src/records/records.js";
import { volumeRow } from "./cloud-server.js";
import { failureOf } from "./failure-of.js";
import { ours, testClouds } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();
const metadataShape = v.object({ metadata: v.record(v.string(), v.string()) });
const askedShape = v.object({ volume: metadataShape });

describe("an order that Cinder lost", () => {
  it("is given up after a while, and another volume is made; should it be made after all, it is dropped", async () => {
    const [lost, fresh] = ["11111111-d02e-4b1c-a971-bf44686cd943", "22222222-d02e-4b1c-a971-bf44686cd943"];
    const undecided = requestMetadata({ name: "one", capacity: { requiredBytes: 1, limitBytes: null }, parameters: {}, sizeBytes: 2 ** 30 });
    const rows = new Map([[lost, volumeRow({ id: lost, status: "creating", created_at: "2026-01-01T00:00:00.000000", metadata: { ...undecided } })]]);
    const proposals: unknown[] = [];
    const server = await cloudWith(({ method, path, body }) => {
      const [, id = "", rest] = /^\/v3\/p1\/volumes\/([0-9a-f-]{36})(\/metadata)?$/u.exec(path) ?? [];
      const row = rows.get(id);
      if (path === "/v3/p1/volumes/detail") return { status: 200, body: { volumes: [...rows.values()] } };
      if (method === "POST" && path === "/v3/p1/volumes") {
        rows.set(fresh, volumeRow({ id: fresh, status: "available", metadata: { ...undecided } }));
        return { status: 202, body: { volume: { ...rows.get(fresh), status: "creating" } } };
      }
      if (method === "POST" && path === "/v3/p1/attachments") {
        proposals.push(body);
        return { status: 200, body: { attachment: { id: "a1", status: "reserved", volume_id: fresh } } };
      }
      if (method === "DELETE" && path === "/v3/p1/attachments/a1") return { status: 200, body: { attachments: [] } };
      if (row !== undefined && rest !== undefined) {
        const metadata = body instanceof Object && "metadata" in body && body.metadata instanceof Object ? body.metadata : {};
        rows.set(id, { ...row, metadata: Object.assign({}, row["metadata"], metadata) });
        return { status: 200, body: { metadata } };
      }
      return row === undefined ? undefined : { status: 200, body: { volume: row } };
    });
    const driver = await driverOn(server);
    await driver.setup();
    expect((await driver.createVolume({ name: "one", capacity: { requiredBytes: 1 } })).id).toBe(fresh);
    expect(rows.get(lost)?.["metadata"]).toMatchObject({ "opensds.lost": "1" });

    // The order was only late.
    rows.delete(fresh);
    rows.set(lost, { ...rows.get(lost), status: "available" });
    proposals.length = 0;
    expect((await driver.createVolume({ name: "one", capacity: { requiredBytes: 1 } })).id).toBe(fresh);
    const dropped = new RegExp(`"volume_uuid":"${lost}","instance_uuid":"09e45d51-`, "u");
    expect(JSON.stringify(proposals[0])).toMatch(dropped);
    expect(rows.get(lost)?.["metadata"]).toMatchObject({ "opensds.fate": "dropped" });
  });

  it("is none where a host was just getting the source of a clone: it is asked for again", async () => {
    const [source, made] = ["11111111-d02e-4b1c-a971-bf44686cd943", "22222222-d02e-4b1c-a971-bf44686cd943"];
    const rows = new Map([[source, volumeRow({ id: source, status: "reserved", metadata: ours("source") })]]);
    const server = await cloudWith(({ method, path, body }) => {
      const [, id = ""] = /^\/v3\/p1\/volumes\/([0-9a-f-]{36})/u.exec(path) ?? [];
      if (path === "/v3/p1/volumes/detail") return { status: 200, body: { volumes: [...rows.values()] } };
      if (method === "POST" && path === "/v3/p1/volumes") {
        if (rows.get(source)?.["status"] === "reserved") {
          rows.set(source, { ...rows.get(source), status: "in-use" });
          return { status: 400, body: { badRequest: { code: 400, message: "Invalid volume: Originating source volume status must be one of 'available, in-use' values" } } };
        }
        rows.set(made, volumeRow({ id: made, metadata: { ...v.parse(askedShape, body).volume.metadata, "opensds.fate": "kept" } }));
        return { status: 202, body: { volume: rows.get(made) } };
      }
      const row = rows.get(id);
      return row && { status: 200, body: { volume: row } };
    });
    const driver = await driverOn(server);
    await driver.setup();
    const clone = await driver.createVolume({ name: "one", capacity: { requiredBytes: 1 }, source: { kind: "volume", volumeId: volumeId(source) } });
    expect(clone).toMatchObject({ id: made, state: "available" });
  });

  it("because the source of a clone had gone is given up at once, and is no volume for anybody", async () => {
    const [source, left] = ["11111111-d02e-4b1c-a971-bf44686cd943", "22222222-d02e-4b1c-a971-bf44686cd943"];
    const rows = new Map([[source, volumeRow({ id: source, metadata: ours("source") })]]);
    const server = await cloudWith(({ method, path, body }) => {
      const [, id = "", rest] = /^\/v3\/p1\/volumes\/([0-9a-f-]{36})(\/metadata)?$/u.exec(path) ?? [];
      if (path === "/v3/p1/volumes/detail") return { status: 200, body: { volumes: [...rows.values()] } };
      if (method === "POST" && path === "/v3/p1/volumes") {
        // As Cinder does it: the new row stays, and the answer is a refusal.
        rows.set(left, volumeRow({ id: left, status: "creating", metadata: v.parse(askedShape, body).volume.metadata }));
        rows.delete(source);
        return { status: 404, body: { itemNotFound: { code: 404, message: `Volume ${source} could not be found.` } } };
      }
      const row = rows.get(id);
      if (row === undefined) return undefined;
      if (rest !== undefined) rows.set(id, { ...row, metadata: Object.assign({}, row["metadata"], v.parse(metadataShape, body).metadata) });
      return { status: 200, body: rest === undefined ? { volume: row } : { metadata: {} } };
    });
    const driver = await driverOn(server);
    await driver.setup();
    const cloning = driver.createVolume({ name: "one", capacity: { requiredBytes: 1 }, source: { kind: "volume", volumeId: volumeId(source) } });
    expect(await failureOf(cloning)).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found", outcome: "none" });
    expect(rows.get(left)?.["metadata"]).toMatchObject({ "opensds.contested": "1", "opensds.lost": "1" });
    expect((await failureOf(driver.getVolume({ name: "one" }))).code).toBe("NOT_FOUND");
    for await (const volume of driver.listVolumes()) throw new Error(`it is listed: ${volume.id}`);
  });
});
