import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostId, isSouthboundError, MiB, openBackends, type SouthboundError } from "@opensds/core";
import ceph from "@opensds/driver-ceph";
import { adminCeph } from "@opensds/lab";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labConf, live, transports, uniqueName } from "./live/lab.js";

const fsid = "00000000-0000-4000-8000-000000000000";

describe.runIf(live).each(transports)("setup proves that the backend works (%s)", { timeout: 60_000 }, (transport) => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "driver-ceph-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const file = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const setup = async (options: object, timeoutMs = 20_000): Promise<SouthboundError> => {
    const backends = await openBackends({ backends: { ceph: { ceph_driver: options } } }, { drivers: [ceph] });
    try {
      await backends.get("ceph").setup({ timeoutMs });
    } catch (error) {
      if (isSouthboundError(error)) return error;
      throw error;
    } finally {
      await backends.unset();
    }
    throw new Error("setup succeeded");
  };
  const lab = (options: object): object => ({ conf: labConf(), user: "dock", pool: "dock", transport, ...options });

  it("a conf that is not there", async () => {
    const error = await setup(lab({ conf: join(directory, "none.conf") }));
    expect([error.code, error.reason]).toEqual(["FAILED_PRECONDITION", "conf-missing"]);
    expect(error.message).toContain("none.conf");
  });

  it("a keyring that is not there", async () => {
    const error = await setup(lab({ keyring: join(directory, "none.keyring") }));
    expect([error.code, error.reason]).toEqual(["FAILED_PRECONDITION", "keyring-missing"]);
  });

  it("a user whose key the conf's keyring does not hold", async () => {
    const error = await setup(lab({ user: "nobody" }));
    expect(error.reason).toBe("keyring-missing");
    expect(error.message).toContain("client.nobody");
  });

  it("a key that is wrong", async () => {
    const key = Buffer.from("0100f0e0d0c0b0a090801000" + "00".repeat(16), "hex").toString("base64");
    const keyring = file("wrong.keyring", `[client.dock]\nkey = ${key}\n`);
    const error = await setup(lab({ keyring }));
    expect([error.code, error.reason]).toEqual(["PERMISSION_DENIED", "permission-denied"]);
    expect(JSON.stringify(error)).not.toContain(key);
  });

  it("works with monitors and a key that are written inline, and tells a host of them", async () => {
    const key = (await adminCeph(["auth", "get-key", "client.dock"])).trim();
    const monitors = /^\s*mon[ _]host\s*=\s*(.*)$/m.exec(readFileSync(labConf(), "utf8"))?.[1] ?? "";
    process.env["SB_TEST_KEY"] = key;
    const options = { monitors: [monitors], key: { env: "SB_TEST_KEY" }, user: "dock", pool: "dock", transport };
    const backends = await openBackends({ backends: { ceph: { ceph_driver: options } } }, { drivers: [ceph] });
    delete process.env["SB_TEST_KEY"];
    try {
      const driver = backends.get("ceph");
      await driver.setup();
      const volume = await driver.createVolume({ name: uniqueName("inline"), capacity: { requiredBytes: 4 * MiB } });
      const connector = { hostId: hostId("h"), hostName: "h", bootId: "b" };
      const { attachment, info } = await driver.connectVolume({ volumeId: volume.id, connector });
      expect(info).toMatchObject({ protocol: "rbd", user: "dock" });
      expect(info).not.toHaveProperty("conf");
      expect(info).not.toHaveProperty("keyring");
      expect(info.protocol === "rbd" && info.key?.reveal()).toBe(key);
      await driver.disconnectVolume({ volumeId: volume.id, attachmentId: attachment.id });
      await driver.deleteVolume({ id: volume.id });
    } finally {
      await backends.unset();
    }
  });

  it("a pool that is not there: the pools are named", async () => {
    const error = await setup(lab({ pool: "dok" }));
    expect([error.code, error.reason]).toEqual(["NOT_FOUND", "pool-not-found"]);
    expect(error.message).toContain("dock2");
  });

  it("a pool for the data that is not there", async () => {
    const error = await setup(lab({ dataPool: "dato" }));
    expect([error.reason, error.resource]).toEqual(["pool-not-found", "dato"]);
  });

  it("a namespace that is not there", async () => {
    const error = await setup(lab({ namespace: "nowhere" }));
    expect([error.code, error.reason]).toEqual(["NOT_FOUND", "namespace-not-found"]);
  });

  it("a cluster that refuses connections, within the deadline", async () => {
    const keyring = /keyring = (.*)/.exec(readFileSync(labConf(), "utf8"))?.[1];
    const conf = file("dead.conf", `[global]\nfsid = ${fsid}\nmon host = [v2:127.0.0.1:1/0]\n[client]\nkeyring = ${keyring ?? ""}\n`);
    const startedAt = performance.now();
    const error = await setup(lab({ conf }), 3_000);
    expect(performance.now() - startedAt).toBeLessThan(3_500);
    expect(["backend-unreachable", "deadline-exceeded"]).toContain(error.reason);
  });

  it("a cluster that never answers, within the deadline", async () => {
    const server = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const keyring = /keyring = (.*)/.exec(readFileSync(labConf(), "utf8"))?.[1];
    const conf = file("mute.conf", `[global]\nfsid = ${fsid}\nmon host = [v2:127.0.0.1:${port}/0]\n[client]\nkeyring = ${keyring ?? ""}\n`);
    try {
      const startedAt = performance.now();
      const error = await setup(lab({ conf, commandTimeoutMs: 1_500 }), 10_000);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect([error.code, error.reason]).toEqual(["UNAVAILABLE", "backend-unreachable"]);
      expect(error.outcome).toBe("none");
    } finally {
      server.close();
    }
  });

  const withoutTools = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    const path = process.env["PATH"];
    process.env["PATH"] = directory;
    try {
      return await work();
    } finally {
      process.env["PATH"] = path;
    }
  };

  it.runIf(transport === "cli")("tools that are not installed", async () => {
    const error = await withoutTools(() => setup(lab({})));
    expect([error.code, error.reason]).toEqual(["FAILED_PRECONDITION", "missing-tool"]);
    expect(error.message).toContain("ceph-common");
  });
});
