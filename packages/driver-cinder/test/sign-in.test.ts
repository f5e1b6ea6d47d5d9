import { secret } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { tokenReply, versionsReply, type CloudServer } from "./cloud-server.js";
import { failureOf } from "./failure-of.js";
import { testClouds } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();
const signIns = (server: CloudServer): readonly unknown[] => server.received.filter(({ path }) => path === "/v3/auth/tokens").map(({ body }) => body);

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
