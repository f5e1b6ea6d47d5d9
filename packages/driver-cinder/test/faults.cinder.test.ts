import { type Backends, type VolumeDriver } from "@opensds/core";
import { killService, pauseService, restartService, resumeService } from "@opensds/lab";
import channel from "node:diagnostics_channel";
import { ClientRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf } from "./failure-of.js";
import { openLab } from "./live/lab.js";
import { outsider, rowsOf, usedVolumes, type Outsider, type Row } from "./live/raw.js";

/** Twenty seconds with `npm test -- --full`. */
const stoppedMs = process.env["SB_FULL"] === "1" ? 20_000 : 8_000;
const prefix = `faults-${process.pid}-`;
const capacity = { requiredBytes: 1 };

/** Written down as kept, or claimed by its maker without a doubt of anybody's. */
const isKept = ({ metadata }: Row): boolean =>
  metadata["opensds.fate"] === "kept" ||
  (metadata["opensds.fate"] === undefined && metadata["opensds.contested"] === undefined && metadata["opensds.alone"] === metadata["opensds.maker"]);

describe("when something is wrong with the cloud", () => {
  let backends: Backends;
  let short: Backends;
  let driver: VolumeDriver;
  let cloud: Outsider;
  beforeAll(async () => {
    [backends, short, cloud] = await Promise.all([openLab(), openLab("cinder-short"), outsider()]);
    await backends.setup();
    await short.setup();
    driver = backends.get("cloud");
  });
  afterAll(async () => {
    await restartService("cinder-volume");
    await restartService("cinder-api");
    await backends.unset();
    await short.unset();
  });

  /** How many volumes Cinder counts, when it has counted all: what is deleted is gone before that is. */
  const counted = async (): Promise<number> => {
    // Cinder does not count what it left of a clone that it refused.
    const rows = (await rowsOf(cloud, "")).filter(({ status, metadata }) => status !== "creating" || metadata["opensds.lost"] === undefined);
    await expect.poll(() => usedVolumes(cloud), { timeout: 20_000 }).toEqual({ inUse: rows.length, reserved: 0 });
    return rows.length;
  };

  /**
   * Does what is to be done while cinder-volume stands still. It is stopped when it has written down all that it did: in the middle of
   * a change of the quota it would keep a lock in the database that the API waits for.
   */
  const whileItStands = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    await counted();
    await pauseService("cinder-volume");
    try {
      return await work();
    } finally {
      await resumeService("cinder-volume");
    }
  };

  it("a used-up quota is RESOURCE_EXHAUSTED with its name and numbers, and leaves nothing", async () => {
    const admin = await outsider("lab-admin");
    const used = await counted();
    await admin.cinder("PUT", `/os-quota-sets/${cloud.projectId}`, { quota_set: { volumes: used } });
    try {
      const failure = await failureOf(driver.createVolume({ name: `${prefix}quota`, capacity }));
      expect(failure).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "quota-exceeded", outcome: "none", details: { quota: "volumes", limit: used, used } });
    } finally {
      await admin.cinder("PUT", `/os-quota-sets/${cloud.projectId}`, { quota_set: { volumes: -1 } });
    }
    expect(await rowsOf(cloud, `${prefix}quota`)).toEqual([]);
  });

  it("creates queue while cinder-volume stands still and finish when it goes on, although their tokens have expired meanwhile", { timeout: 120_000 }, async () => {
    const creating = await whileItStands(async () => {
      const names = [1, 2, 3].map((number) => `${prefix}queued-${number}`);
      const begun = names.map((name) => short.get("cloud").createVolume({ name, capacity }, { timeoutMs: 90_000 }));
      for (const create of begun) create.catch(() => undefined);
      // Longer than a token of this Keystone lives.
      await sleep(stoppedMs);
      return { begun };
    });
    const made = await Promise.all(creating.begun);
    expect((await rowsOf(cloud, `${prefix}queued`)).map(({ id }) => id).toSorted()).toEqual(made.map(({ id }) => id).toSorted());
    for (const { id } of made) await short.get("cloud").deleteVolume({ id });
  });

  it("a token that is revoked is replaced, and no call notices", async () => {
    const tokens = new Set<string>();
    const watch = (message: unknown): void => {
      const token = message instanceof Object && "request" in message && message.request instanceof ClientRequest ? message.request.getHeader("x-auth-token") : undefined;
      if (typeof token === "string") tokens.add(token);
    };
    channel.subscribe("http.client.request.start", watch);
    try {
      const { id } = await driver.createVolume({ name: `${prefix}revoked`, capacity });
      const [first = ""] = tokens;
      await cloud.revoke(first);
      // Cinder believes a token that it has seen for two seconds more.
      await sleep(3_000);
      tokens.clear();
      expect((await driver.getVolume({ id })).state).toBe("available");
      expect([...tokens]).toEqual([first, expect.not.stringMatching(first)]);
      await driver.deleteVolume({ id });
    } finally {
      channel.unsubscribe("http.client.request.start", watch);
    }
  });

  it("a create whose time runs out is DEADLINE_EXCEEDED and no success, and its replay makes one volume", async () => {
    const request = { name: `${prefix}slow`, capacity };
    const failure = await whileItStands(() => failureOf(driver.createVolume(request, { timeoutMs: 2_000 })));
    expect(failure).toMatchObject({ code: "DEADLINE_EXCEEDED", outcome: "unknown" });
    const made = await driver.createVolume(request);
    // What the first request made late is on its way out, or is found to be nobody's once Cinder has made it.
    await expect.poll(async () => (await rowsOf(cloud, request.name)).filter(({ status }) => status === "creating"), { timeout: 60_000 }).toEqual([]);
    await driver.reconciliation?.reconcile({ repair: true });
    await expect.poll(async () => (await rowsOf(cloud, request.name)).map(({ id }) => id), { timeout: 20_000 }).toEqual([made.id]);
    await driver.deleteVolume({ id: made.id });
  });

  it("an API that is started anew in the middle of a wait ends no call", async () => {
    const waiting = await whileItStands(async () => {
      const creating = driver.createVolume({ name: `${prefix}restarted`, capacity }, { timeoutMs: 120_000 });
      creating.catch(() => undefined);
      // Claimed: Cinder has answered, so that the order is on its way, and the create waits. One that is killed before it has ordered is lost.
      const isClaimed = async (): Promise<boolean> => (await rowsOf(cloud, `${prefix}restarted`)).some(({ metadata }) => metadata["opensds.alone"] !== undefined);
      await expect.poll(isClaimed, { timeout: 20_000 }).toBe(true);
      await killService("cinder-api");
      return { creating };
    });
    await restartService("cinder-api");
    const made = await waiting.creating;
    expect((await rowsOf(cloud, `${prefix}restarted`)).map(({ id }) => id)).toEqual([made.id]);
    await driver.deleteVolume({ id: made.id });
  });

  it("a message broker that is started anew, and forgets what Cinder told it, keeps no name from being made", { timeout: 240_000 }, async () => {
    const patient = await openLab("cinder", { lostAfterMs: 20_000 });
    await patient.setup();
    try {
      await killService("rabbitmq");
      const creating = patient.get("cloud").createVolume({ name: `${prefix}broker`, capacity }, { timeoutMs: 200_000 });
      creating.catch(() => undefined);
      await sleep(2_000);
      await restartService("rabbitmq");
      const made = await creating;
      const rows = await rowsOf(cloud, `${prefix}broker`);
      expect(rows.filter(isKept).map(({ id }) => id)).toEqual([made.id]);
      // What the broker forgot stays with Cinder as creating; members cannot remove that.
      const lost = rows.filter(({ metadata }) => metadata["opensds.lost"] === "1");
      expect(rows).toHaveLength(1 + lost.length);
      const admin = await outsider("lab-admin");
      for (const { id } of lost) await admin.cinder("POST", `/volumes/${id}/action`, { "os-force_delete": {} });
      await patient.get("cloud").deleteVolume({ id: made.id }, { timeoutMs: 120_000 });
    } finally {
      await patient.unset();
    }
  });

  it("forty creates at once make forty volumes, each in the list once, and are deleted", { timeout: 300_000 }, async () => {
    const names = Array.from({ length: 40 }, (_, index) => `${prefix}many-${index}`);
    const made = await Promise.all(names.map((name) => driver.createVolume({ name, capacity }, { timeoutMs: 240_000 })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(40);
    expect(await rowsOf(cloud, `${prefix}many-`)).toHaveLength(40);
    const listed: string[] = [];
    for await (const { id, name } of driver.listVolumes({ pageSize: 7 })) if (name.startsWith(`${prefix}many-`)) listed.push(id);
    expect(listed.toSorted()).toEqual(made.map(({ id }) => id).toSorted());
    await Promise.all(made.map(({ id }) => driver.deleteVolume({ id }, { timeoutMs: 240_000 })));
    expect(await rowsOf(cloud, `${prefix}many-`)).toEqual([]);
  });

  it("a dead cinder-volume ends a create in a typed error with Cinder's reason, and leaves nothing", { timeout: 180_000 }, async () => {
    await killService("cinder-volume");
    try {
      // Cinder notices after its service_down_time.
      await sleep(26_000);
      const failure = await failureOf(driver.createVolume({ name: `${prefix}dead`, capacity }));
      expect(failure).toMatchObject({ code: "INTERNAL", reason: "volume-in-error" });
      expect(failure.message).toContain("weighted backend");
    } finally {
      await restartService("cinder-volume");
    }
    await expect.poll(() => rowsOf(cloud, `${prefix}dead`), { timeout: 60_000 }).toEqual([]);
    // It serves again once the scheduler knows of it.
    await expect.poll(() => driver.createVolume({ name: `${prefix}back`, capacity }).then(({ state }) => state, () => "failed"), { timeout: 60_000, interval: 2_000 }).toBe("available");
    await driver.deleteVolume({ id: (await driver.getVolume({ name: `${prefix}back` })).id });
  });
});
