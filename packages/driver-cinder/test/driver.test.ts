import { backend, openBackends, secret, type Backends, type SouthboundError, volumeId, type VolumeDriver } from "@opensds/core";
import { cinder, type CinderOptions } from "@opensds/driver-cinder";
import { afterEach, describe, expect, it } from "vitest";
import { requestMetadata } from "../src/records/records.js";
import { startCloud, tokenReply, versionsReply, volumeRow, type CloudServer, type Received, type Reply } from "./cloud-server.js";
import { failureOf } from "./failure-of.js";

const opened: (Backends | CloudServer)[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await ("unset" in one ? one.unset() : one.close());
});

type Answer = (request: Received, url: string) => Reply | undefined;

/** A cloud that signs everybody in and has no volumes, but for what a test answers itself. */
async function cloudWith(answer: Answer): Promise<CloudServer> {
  const server = await startCloud((request, url) => {
    const own = answer(request, url);
    if (own !== undefined) return own;
    if (request.path === "/v3/auth/tokens") return tokenReply(url, "tok-1");
    if (request.path === "/") return versionsReply();
    if (request.path === "/v3/p1/volumes/detail") return { status: 200, body: { volumes: [] } };
    return undefined;
  });
  opened.push(server);
  return server;
}

async function driverOn(server: CloudServer, options: Partial<CinderOptions> = {}): Promise<VolumeDriver> {
  const auth = { type: "password", authUrl: `${server.url}/v3`, username: "alice", projectName: "demo", password: secret("s3cret-word") } as const;
  const backends = await openBackends({ backends: { cloud: backend(cinder, { auth, ...options }) } });
  opened.push(backends);
  return backends.get("cloud");
}

const signIns = (server: CloudServer): readonly unknown[] => server.received.filter(({ path }) => path === "/v3/auth/tokens").map(({ body }) => body);
const ours = (name: string): Readonly<Record<string, string>> => ({
  ...requestMetadata({ name, capacity: { requiredBytes: 2 ** 30, limitBytes: null }, parameters: {}, sizeBytes: 2 ** 30 }),
  "opensds.fate": "kept",
});

describe("signing in", () => {
  it("asks by password for the project, and speaks the highest microversion that both sides know", async () => {
    const server = await cloudWith(() => undefined);
    await (await driverOn(server)).setup();
    expect(signIns(server)).toEqual([
      {
        auth: {
          identity: { methods: ["password"], password: { user: { name: "alice", domain: { id: "default" }, password: "s3cret-word" } } },
          scope: { project: { name: "demo", domain: { id: "default" } } },
        },
      },
    ]);
    const listed = server.received.find(({ path }) => path === "/v3/p1/volumes/detail");
    expect(listed?.headers).toMatchObject({ "x-auth-token": "tok-1", "openstack-api-version": "volume 3.70" });
  });

  it("asks by application credential without a scope", async () => {
    const server = await cloudWith(() => undefined);
    const auth = { type: "application-credential", authUrl: server.url, id: "ac1", secret: secret("hidden") } as const;
    await (await driverOn(server, { auth })).setup();
    expect(signIns(server)).toEqual([{ auth: { identity: { methods: ["application_credential"], application_credential: { id: "ac1", secret: "hidden" } } } }]);
  });

  it("asks by token for a project", async () => {
    const server = await cloudWith(() => undefined);
    const auth = { type: "token", authUrl: server.url, token: secret("given"), projectId: "p1" } as const;
    await (await driverOn(server, { auth })).setup();
    expect(signIns(server)).toEqual([{ auth: { identity: { methods: ["token"], token: { id: "given" } }, scope: { project: { id: "p1" } } } }]);
  });

  it("says who it is to a Cinder without Keystone", async () => {
    const server = await cloudWith(() => undefined);
    await (await driverOn(server, { auth: { type: "noauth", endpoint: `${server.url}/v3`, userId: "dock", projectId: "p1" } })).setup();
    expect(signIns(server)).toEqual([]);
    expect(server.received.at(-1)?.headers["x-auth-token"]).toBe("dock:p1");
  });

  it("has a service user's token go along where one is named, and renews both when the cloud refuses them", async () => {
    let given = 0;
    let revoked = "";
    const server = await cloudWith(({ path, body, headers }, url) => {
      if (path === "/v3/auth/tokens") return tokenReply(url, `${JSON.stringify(body).includes("cinder-service") ? "service" : "user"}-${(given += 1)}`);
      const unauthorized = { error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." } };
      return headers["x-service-token"] === revoked ? { status: 401, body: unauthorized } : undefined;
    });
    const serviceAuth = { type: "password", authUrl: `${server.url}/v3`, username: "cinder-service", projectName: "service", password: secret("s3rvice-word") } as const;
    const driver = await driverOn(server, { serviceAuth });
    await driver.setup();
    const sent = server.received.filter(({ path }) => path.startsWith("/v3/p1/")).map(({ headers }) => [headers["x-auth-token"], headers["x-service-token"]]);
    expect(new Set(sent.map((pair) => pair.join(" ")))).toEqual(new Set(["user-1 service-2"]));
    revoked = "service-2";
    for await (const volume of driver.listVolumes()) throw new Error(`no volume was made: ${volume.id}`);
    expect(server.received.at(-1)?.headers).toMatchObject({ "x-auth-token": "user-3", "x-service-token": "service-4" });
  });

  it("takes the interface that was asked for", async () => {
    const server = await cloudWith(({ path }) => {
      if (path === "/internal/") return versionsReply();
      return path === "/internal/v3/p1/volumes/detail" ? { status: 200, body: { volumes: [] } } : undefined;
    });
    await (await driverOn(server, { interface: "internal" })).setup();
    expect(server.received.at(-1)?.path).toBe("/internal/v3/p1/volumes/detail");
  });

  it("is refused with words that hold no secret", async () => {
    const body = { error: { code: 401, message: "The request you have made requires authentication.", title: "Unauthorized" } };
    const server = await cloudWith(({ path }) => (path === "/v3/auth/tokens" ? { status: 401, body } : undefined));
    const failure = await failureOf((await driverOn(server)).setup());
    expect(failure).toMatchObject({ code: "UNAUTHENTICATED", reason: "bad-credentials", recovery: "operator", outcome: "none" });
    expect(JSON.stringify(failure)).not.toContain("s3cret-word");
  });

  it("renews a token that was refused, once, and a short-lived one before its end", async () => {
    let tokens = 0;
    const server = await cloudWith(({ path, headers }, url) => {
      if (path === "/v3/auth/tokens") return tokenReply(url, `tok-${(tokens += 1)}`);
      const error = { error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." } };
      return path === "/v3/p1/volumes/detail" && headers["x-auth-token"] === "tok-1" ? { status: 401, body: error } : undefined;
    });
    const driver = await driverOn(server);
    await driver.setup();
    expect(tokens).toBe(2);
    for await (const volume of driver.listVolumes()) throw new Error(`no volume was made: ${volume.id}`);
    expect(tokens).toBe(2);
  });

  it("refuses a cloud that cannot complete attachments, naming the version that it needs", async () => {
    const server = await cloudWith(({ path }) => (path === "/" ? versionsReply("3.43") : undefined));
    const failure = await failureOf((await driverOn(server)).setup());
    expect(failure).toMatchObject({ code: "FAILED_PRECONDITION", outcome: "none" });
    expect(failure.message).toContain("3.44");
  });

  it("names the region and interfaces that there are when the wanted one is missing", async () => {
    const server = await cloudWith(() => undefined);
    const failure = await failureOf((await driverOn(server, { region: "Elsewhere" })).setup());
    expect(failure.message).toContain("public in RegionOne");
  });
});

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

describe("limits", () => {
  const id = "d48701bf-d02e-4b1c-a971-bf44686cd943";
  const qosTypes = { gold: { iops: 5_000, bytesPerSecond: 2 ** 20 }, silver: { iops: 500 } };

  /** A Cinder that makes a volume one of another type, unless its type is bronze. */
  async function limited(type: string): Promise<{ readonly driver: VolumeDriver; readonly retyped: unknown[] }> {
    const retyped: unknown[] = [];
    let [now, status] = [type, "available"];
    const server = await cloudWith(({ method, path, body }) => {
      if (path === "/v3/p1/types/default") return { status: 200, body: { volume_type: { name: "plain" } } };
      if (method === "POST" && path === `/v3/p1/volumes/${id}/action`) {
        retyped.push(body);
        status = "retyping";
        return { status: 202 };
      }
      if (path !== `/v3/p1/volumes/${id}`) return path === "/v3/p1/messages" ? { status: 200, body: { messages: [] } } : undefined;
      const row = volumeRow({ id, status, volume_type: now, metadata: ours("one") });
      if (status === "retyping") {
        status = "available";
        if (now !== "bronze") now = /"new_type":"(\w+)"/u.exec(JSON.stringify(retyped.at(-1)))?.[1] ?? now;
      }
      return { status: 200, body: { volume: row } };
    });
    const driver = await driverOn(server, { qosTypes });
    await driver.setup();
    return { driver, retyped };
  }

  it("are those of the volume's type, and are changed by making it one of another", async () => {
    const { driver, retyped } = await limited("plain");
    expect(await driver.qos?.getQos({ id: volumeId(id) })).toEqual({});
    expect(await driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: 500 } })).toEqual({ iops: 500 });
    expect(await driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: 500 } })).toEqual({ iops: 500 });
    expect(await driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: 5_000, bytesPerSecond: 2 ** 20 } })).toEqual(qosTypes.gold);
    expect(await driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: null, bytesPerSecond: null } })).toEqual({});
    expect(retyped).toEqual(["silver", "gold", "plain"].map((type) => ({ "os-retype": { new_type: type, migration_policy: "never" } })));
  });

  it("that no type has are refused with those that there are, and nothing is asked of Cinder", async () => {
    const { driver, retyped } = await limited("silver");
    const failure = await failureOf(driver.qos?.modifyVolume({ id: volumeId(id), qos: { bytesPerSecond: 2 ** 20 } }) ?? Promise.resolve());
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", reason: "qos-unsupported", outcome: "none" });
    expect(failure.message).toContain('gold ({"iops":5000,"bytesPerSecond":1048576})');
    expect(retyped).toEqual([]);
  });

  it("that Cinder took on and did not set are no success", async () => {
    const { driver } = await limited("bronze");
    const failure = await failureOf(driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: 500 } }) ?? Promise.resolve());
    expect(failure).toMatchObject({ code: "FAILED_PRECONDITION", reason: "command-refused" });
  });
});

describe("groups", () => {
  it("are there where a group type is named, and nowhere else", async () => {
    const server = await cloudWith(() => undefined);
    for (const [options, there] of [[{}, false], [{ groupType: "consistent" }, true]] as const) {
      const driver = await driverOn(server, options);
      await driver.setup();
      expect([driver.manifest.facets.includes("groups"), driver.groups !== undefined]).toEqual([there, there]);
    }
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
