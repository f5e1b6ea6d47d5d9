import { fileURLToPath } from "node:url";
import { silentLogger, SouthboundError } from "@opensds/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCall } from "../src/call.js";
import { createNativeRbd } from "../src/transport/native/native-rbd.js";
import { createSupervisor, type Supervisor } from "../src/transport/native/supervisor.js";

const entry = {
  path: fileURLToPath(new URL("fakes/waiting-child.ts", import.meta.url)),
  execArgv: ["--conditions=@opensds/source", "--import", "tsx"],
};
const settings = { conf: "/etc/ceph/ceph.conf", user: "dock", pool: "rbd", namespace: "", timeoutSeconds: 1 };
const commandTimeoutMs = 2_000;

const callWith = (remainingMs: number) =>
  openCall({
    operation: "createVolume",
    signal: new AbortController().signal,
    remainingMs: () => remainingMs,
    fail: (code, reason, message, info) => new SouthboundError(code, reason, message, { ...info, operation: "createVolume" }),
    step: () => Promise.resolve(),
    log: silentLogger,
  });

describe("requests to the native child, by the limit of one request", () => {
  let supervisor: Supervisor;
  beforeEach(async () => {
    supervisor = createSupervisor(entry, undefined, settings, commandTimeoutMs);
    // Starting a child takes longer than a request may.
    await expect.poll(() => supervisor.open(callWith(60_000)).then(() => true, () => false), { timeout: 20_000 }).toBe(true);
  });
  afterEach(() => supervisor.close());

  it("fail when the answer takes longer", async () => {
    await expect(createNativeRbd(supervisor).create(callWith(60_000), "image", { sizeBytes: 1 })).rejects.toMatchObject({ errno: 110, detail: "no answer within 2000 ms" });
  });

  it("wait longer for the lock of a client that died, which a removal takes, within the call's deadline", async () => {
    const rbd = createNativeRbd(supervisor);
    await rbd.removeDoomed(callWith(60_000), "a1", "image");
    await expect(rbd.purge(callWith(60_000), "a1", 300)).rejects.toMatchObject({ errno: 110, detail: "no answer within 300 ms" });
  });
});
