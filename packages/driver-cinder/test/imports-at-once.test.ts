import { requireFacets, volumeId, type Volume, type VolumeDriver } from "@opensds/core";
import * as v from "valibot";
import { beforeEach, describe, expect, it } from "vitest";
import { requestOf } from "../src/records/records.js";
import { volumeRow, type Answered, type Received, type Reply } from "./cloud-server.js";
import { failureOf } from "./failure-of.js";
import { ours, testClouds } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();
const id = volumeId("11111111-d02e-4b1c-a971-bf44686cd943");
const lockId = "ffffffff-0000-4000-8000-000000000000";
const metadataShape = v.object({ metadata: v.record(v.string(), v.string()) });
const reserveShape = v.object({ attachment: v.object({ volume_uuid: v.string(), instance_uuid: v.optional(v.string()) }) });

/** What the cloud has: another tool's volume, and the lock of names. */
const metadataOf = new Map<string, Record<string, string>>();
let attachments: { readonly id: string; readonly status: string; readonly volume_id: string; readonly instance: string | null }[] = [];
beforeEach(() => {
  metadataOf.clear();
  metadataOf.set(id, { theirs: "1" }).set(lockId, { ...ours("\u0000lock for names") });
  attachments = [];
});

const rowOf = (one: string): Readonly<Record<string, unknown>> =>
  volumeRow({ id: one, status: attachments.some(({ volume_id }) => volume_id === one) ? "reserved" : "available", metadata: { ...metadataOf.get(one) } });

function answer({ method, path, body, query }: Received): Reply | undefined {
  const [, what = "", one = "", key] = /^\/v3\/p1\/(\w+)\/?([\w-]*)(?:\/metadata\/?(.*))?/u.exec(path) ?? [];
  if (what === "attachments" && method === "POST") {
    const { volume_uuid: of, instance_uuid: instance = null } = v.parse(reserveShape, body).attachment;
    if (attachments.some(({ volume_id }) => volume_id === of)) return { status: 400, body: { badRequest: { code: 400, message: "Invalid volume: Volume status must be available" } } };
    const attachment = { id: `a${Math.random()}`, status: "reserved", volume_id: of, instance };
    attachments.push(attachment);
    return { status: 200, body: { attachment } };
  }
  if (what === "attachments" && method === "DELETE") attachments = attachments.filter((attachment) => !path.endsWith(attachment.id));
  if (what === "attachments") return { status: 200, body: { attachments: attachments.filter(({ volume_id }) => volume_id === query.get("volume_id")) } };
  if (what !== "volumes") return undefined;
  if (one === "detail") {
    const wanted = Object.entries(v.parse(v.record(v.string(), v.string()), JSON.parse(query.get("metadata") ?? "{}")));
    const rows = [...metadataOf].filter(([, metadata]) => wanted.every(([name, value]) => metadata[name] === value));
    return { status: 200, body: { volumes: rows.map(([row]) => rowOf(row)) } };
  }
  const metadata = metadataOf.get(one);
  if (metadata === undefined) return undefined;
  if (method === "POST") Object.assign(metadata, v.parse(metadataShape, body).metadata);
  if (method === "DELETE" && key !== undefined) Reflect.deleteProperty(metadata, key);
  return { status: 200, body: key === undefined ? { volume: rowOf(one) } : { metadata } };
}

/** Two docks on the cloud; a test says what else happens before a request is answered. */
async function docks(before: (request: Received) => Promise<unknown> | undefined): Promise<readonly [VolumeDriver, VolumeDriver]> {
  const server = await cloudWith((request): Answered => before(request)?.then(() => answer(request)) ?? answer(request));
  const [one, other] = [await driverOn(server), await driverOn(server)];
  await Promise.all([one.setup(), other.setup()]);
  return [one, other];
}

const importedAs = (driver: VolumeDriver, name: string): Promise<Volume> => requireFacets(driver, "imports").imports.importVolume({ reference: id, name });
const recorded = (): unknown => ({ name: requestOf({ id, metadata: metadataOf.get(id) ?? {} })?.name, fate: metadataOf.get(id)?.["opensds.fate"], attachments });

describe("two docks and one volume of another tool's", () => {
  it("that import it under two names at once: one has it, and the other is told", async () => {
    let release = (): void => undefined;
    const bothLooked = new Promise<void>((resolve) => (release = resolve));
    let looks = 0;
    const [one, other] = await docks(({ method, path }) => {
      if (method !== "GET" || path !== `/v3/p1/volumes/${id}`) return undefined;
      looks += 1;
      if (looks === 2) release();
      // As it was before either wrote anything.
      return looks <= 2 ? bothLooked : undefined;
    });
    const imports = [importedAs(one, "one"), importedAs(other, "two")];
    const outcomes = await Promise.allSettled(imports);
    const [made] = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const [lost] = imports.filter((_, index) => outcomes[index]?.status === "rejected");
    expect(await failureOf(lost ?? Promise.resolve())).toMatchObject({ code: "ALREADY_EXISTS", reason: "volume-exists", outcome: "none" });
    expect(recorded()).toEqual({ name: made?.name, fate: "kept", attachments: [] });
  });

  it("that import it under one name at once both have it", async () => {
    const [one, other] = await docks(() => undefined);
    const imports = await Promise.all([importedAs(one, "one"), importedAs(other, "one")]);
    expect(imports.map(({ name }) => name)).toEqual(["one", "one"]);
    expect(recorded()).toEqual({ name: "one", fate: "kept", attachments: [] });
  });

  it("of which one lets go of it and the other imports it in that moment: it is the other's", async () => {
    metadataOf.set(id, { theirs: "1", ...ours("one") });
    let importing: Promise<Volume> | undefined;
    const [one, other] = await docks(({ method, path }) => {
      if (method !== "GET" || path !== "/v3/p1/attachments/detail" || importing !== undefined || metadataOf.get(id)?.["opensds.v"] !== undefined) return undefined;
      importing = importedAs(other, "two");
      return importing;
    });
    await requireFacets(one, "imports").imports.unmanageVolume({ id });
    expect(await importing).toMatchObject({ id, name: "two" });
    expect(recorded()).toEqual({ name: "two", fate: "kept", attachments: [] });
  });

  it("of which one was killed while it let go of it: it is imported anew, and nothing of before counts", async () => {
    const [one] = await docks(() => undefined);
    for (const fate of ["kept", "dropped"]) {
      const { "opensds.v": _, ...left } = ours("one");
      metadataOf.set(id, { theirs: "1", ...left, "opensds.fate": fate, "opensds.format.0": "1|{}" });
      expect(await importedAs(one, "two")).toMatchObject({ id, name: "two" });
      expect([recorded(), metadataOf.get(id)?.["opensds.format.0"]]).toEqual([{ name: "two", fate: "kept", attachments: [] }, undefined]);
    }
  });

  it("which one gives back as it was, having lost its name to a create that had it dropped", async () => {
    const [one] = await docks(({ method, path }) => {
      if (method === "POST" && path === `/v3/p1/volumes/${id}/metadata`) Object.assign(metadataOf.get(id) ?? {}, { "opensds.fate": "dropped" });
      return undefined;
    });
    expect(await failureOf(importedAs(one, "one"))).toMatchObject({ code: "ALREADY_EXISTS", reason: "volume-exists" });
    expect([metadataOf.get(id), attachments]).toEqual([{ theirs: "1" }, []]);
  });

  it("which one was killed with as it decided about it: the same import goes on", async () => {
    const [one] = await docks(() => undefined);
    const { "opensds.fate": _, ...recordedOnly } = ours("one");
    metadataOf.set(id, { theirs: "1", ...recordedOnly });
    attachments = [{ id: "a0", status: "reserved", volume_id: id, instance: "09e45d50-0000-4000-8000-000000000001" }];
    expect(await importedAs(one, "one")).toMatchObject({ id, name: "one" });
    expect(recorded()).toEqual({ name: "one", fate: "kept", attachments: [] });
  });
});
