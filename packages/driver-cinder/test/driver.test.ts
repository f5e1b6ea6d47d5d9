import { hostId, secret, volumeId, type SouthboundError } from "@opensds/core";
import type { CinderOptions } from "@opensds/driver-cinder";
import { describe, expect, it } from "vitest";
import { volumeRow, type Reply } from "./cloud-server.js";
import { failureOf } from "./failure-of.js";
import { ours, testClouds, type Answer } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();

describe("the doctor", () => {
  it("says what the options name that the cloud does not have", async () => {
    const server = await cloudWith(({ path }) => {
      if (path === "/v3/p1/group_types") return { status: 200, body: { group_types: [{ id: "g", name: "consistent" }] } };
      if (path === "/v3/p1/types") return { status: 200, body: { volume_types: [{ id: "t", name: "gold" }] } };
      return path === "/v3/p1/attachments/detail" ? { status: 200, body: { attachments: [] } } : undefined;
    });
    const serviceAuth = { type: "password", authUrl: `${server.url}/v3`, username: "cinder-service", projectName: "service", password: secret("word") } as const;
    const examined = async (options: Partial<CinderOptions>): Promise<unknown> => {
      const driver = await driverOn(server, options);
      await driver.setup();
      const findings = (await driver.doctor?.examine()) ?? [];
      return findings.flatMap(({ check, status }) => (["service-user", "group-type", "qos-types"].includes(check) ? [`${check} ${status}`] : []));
    };
    expect(await examined({})).toEqual([]);
    expect(await examined({ groupType: "consistent", qosTypes: { gold: { iops: 1 } } })).toEqual(["group-type ok", "qos-types ok"]);
    expect(await examined({ groupType: "other", qosTypes: { silver: { iops: 1 } } })).toEqual(["group-type error", "qos-types error"]);
    const driver = await driverOn(server, { serviceAuth });
    await driver.setup();
    expect(await driver.doctor?.examine()).toContainEqual(expect.objectContaining({ check: "service-user", status: "warning" }));
  });
});

describe("refusals", () => {
  const creating = async (reply: Reply, more: Answer = () => undefined): Promise<SouthboundError> => {
    const server = await cloudWith((request, url) => (request.method === "POST" && request.path === "/v3/p1/volumes" ? reply : more(request, url)));
    const driver = await driverOn(server);
    await driver.setup();
    return failureOf(driver.createVolume({ name: "one", capacity: { requiredBytes: 1 } }));
  };

  it("tell a used-up quota with its name and numbers", async () => {
    const message = "VolumeLimitExceeded: Maximum number of volumes allowed (3) exceeded for quota 'volumes'.";
    const limits = { limits: { rate: [], absolute: { maxTotalVolumes: 3, totalVolumesUsed: 3, maxTotalVolumeGigabytes: -1, totalGigabytesUsed: 5 } } };
    const failure = await creating({ status: 413, headers: { "Retry-After": "0" }, body: { overLimit: { code: 413, message, retryAfter: "0" } } }, ({ path }) =>
      path === "/v3/p1/limits" ? { status: 200, body: limits } : undefined,
    );
    expect(failure).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "quota-exceeded", outcome: "none", details: { quota: "volumes", limit: 3, used: 3 } });
  });

  it("tell how much a gigabytes quota lacks, also where limits cannot be read", async () => {
    const message = "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 499G, quota is 3G and 1G has been consumed.";
    const failure = await creating({ status: 413, body: { overLimit: { code: 413, message } } });
    expect(failure).toMatchObject({ code: "RESOURCE_EXHAUSTED", details: { quota: "gigabytes", requested: 499, limit: 3, used: 1 } });
  });

  it("tell of a volume that Cinder could not delete once that only the operator can, and ask nothing of Cinder", async () => {
    const id = "d48701bf-d02e-4b1c-a971-bf44686cd943";
    const server = await cloudWith(({ path }) => {
      if (path === "/v3/p1/messages") return { status: 200, body: { messages: [] } };
      return path === `/v3/p1/volumes/${id}` ? { status: 200, body: { volume: volumeRow({ id, status: "error_deleting", metadata: ours("one") }) } } : undefined;
    });
    const driver = await driverOn(server);
    await driver.setup();
    const failure = await failureOf(driver.deleteVolume({ id: volumeId(id) }));
    expect(failure).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-error", outcome: "none", recovery: "operator" });
    expect(server.received.map(({ method }) => method)).not.toContain("DELETE");
  });

  it("name the policy that keeps something from the user, and the request's id", async () => {
    const body = { forbidden: { code: 403, message: "Policy doesn't allow volume:create to be performed." } };
    const failure = await creating({ status: 403, headers: { "x-compute-request-id": "req-7" }, body });
    expect(failure).toMatchObject({ code: "PERMISSION_DENIED", outcome: "none", details: { policy: "volume:create", requestId: "req-7" } });
  });

  it("call an unknown type a bad parameter", async () => {
    const failure = await creating({ status: 404, body: { itemNotFound: { code: 404, message: "Volume type with name nope could not be found." } } });
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", reason: "bad-parameter", outcome: "none" });
  });

  it("never take a volume in error for a made one: the reason comes from Cinder's messages, and the volume goes", async () => {
    const id = "d48701bf-d02e-4b1c-a971-bf44686cd943";
    let there = false;
    const row = (): Readonly<Record<string, unknown>> => volumeRow({ id, status: "error", metadata: { ...ours("one"), "opensds.fate": "" } });
    const server = await cloudWith(({ method, path }) => {
      if (method === "POST" && path === "/v3/p1/volumes") {
        there = true;
        return { status: 202, body: { volume: { ...row(), status: "creating" } } };
      }
      if (path === "/v3/p1/volumes/detail") return { status: 200, body: { volumes: there ? [row()] : [] } };
      if (path === "/v3/p1/messages") {
        return { status: 200, body: { messages: [{ user_message: "schedule allocate volume:Could not find any available weighted backend.", created_at: "2026-11-22T12:54:17.000000" }] } };
      }
      if (path !== `/v3/p1/volumes/${id}`) return undefined;
      if (method === "DELETE") {
        there = false;
        return { status: 202 };
      }
      return there ? { status: 200, body: { volume: row() } } : undefined;
    });
    const driver = await driverOn(server);
    await driver.setup();
    const failure = await failureOf(driver.createVolume({ name: "one", capacity: { requiredBytes: 1 } }));
    expect(failure).toMatchObject({ code: "INTERNAL", reason: "volume-in-error", outcome: "none" });
    expect(failure.message).toContain("Could not find any available weighted backend");
    expect(there).toBe(false);
  });
});

describe("a volume that Cinder encrypts by its type", () => {
  it("is a volume like any other, but is refused to every host, and nothing is reserved", async () => {
    const id = "d48701bf-d02e-4b1c-a971-bf44686cd943";
    const row = volumeRow({ id, volume_type: "secret", encrypted: true, metadata: ours("one") });
    const server = await cloudWith(({ path }) => (path === `/v3/p1/volumes/${id}` ? { status: 200, body: { volume: row } } : undefined));
    const driver = await driverOn(server);
    await driver.setup();
    expect(await driver.getVolume({ id: volumeId(id) })).toMatchObject({ name: "one", state: "available" });
    const connector = { hostId: hostId("h"), hostName: "h", bootId: "b" };
    const failure = await failureOf(driver.connectVolume({ volumeId: volumeId(id), connector }));
    expect(failure).toMatchObject({ code: "FAILED_PRECONDITION", reason: "no-attach-method", outcome: "none", recovery: "operator" });
    expect(failure.message).toContain("encrypted by its type secret");
    expect(server.received.filter(({ method, path }) => method !== "GET" && !path.endsWith("/tokens"))).toEqual([]);
  });
});

describe("states", () => {
  it.each([
    ["available", "available"],
    ["in-use", "in-use"],
    ["attaching", "in-use"],
    ["downloading", "creating"],
    ["error_extending", "error"],
    ["extending", "unknown"],
    ["a-word-of-tomorrow", "unknown"],
  ])("of Cinder's, such as %s, are %s here", async (status, state) => {
    const id = "d48701bf-d02e-4b1c-a971-bf44686cd943";
    const server = await cloudWith(({ path }) => {
      if (path === "/v3/p1/messages") return { status: 200, body: { messages: [] } };
      if (path === "/v3/p1/attachments/detail") return { status: 200, body: { attachments: [] } };
      return path === `/v3/p1/volumes/${id}` ? { status: 200, body: { volume: volumeRow({ id, status, metadata: ours("one") }) } } : undefined;
    });
    const driver = await driverOn(server);
    await driver.setup();
    expect(await driver.getVolume({ id: volumeId(id) })).toMatchObject({ name: "one", state, sizeBytes: 2 ** 30, createdAt: "2026-11-22T12:54:09.000Z" });
  });
});

describe("a request", () => {
  it("that only reads is sent again when the server is not there for the moment, no sooner than it says", async () => {
    let asked = 0;
    const server = await cloudWith(({ path }) => {
      if (path !== "/v3/p1/volumes/detail") return undefined;
      asked += 1;
      return asked === 2 ? { status: 503, headers: { "Retry-After": "1" }, body: { message: "busy" } } : undefined;
    });
    const driver = await driverOn(server);
    await driver.setup();
    const begun = performance.now();
    for await (const volume of driver.listVolumes()) throw new Error(`no volume was made: ${volume.id}`);
    expect(asked).toBe(3);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(990);
  });
});
