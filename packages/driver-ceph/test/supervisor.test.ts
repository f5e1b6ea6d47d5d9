import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNativeRbd } from "../src/transport/native/native-rbd.js";
import { createSupervisor, type Supervisor } from "../src/transport/native/supervisor.js";
import { fakeCall } from "./fakes/call.js";

const entry = {
  path: fileURLToPath(new URL("fakes/waiting-child.ts", import.meta.url)),
  execArgv: ["--conditions=@opensds/source", "--import", "tsx"],
};
const settings = { conf: "/etc/ceph/ceph.conf", user: "dock", pool: "rbd", namespace: "", timeoutSeconds: 1 };
const commandTimeoutMs = 2_000;

describe("requests to the native child, by the limit of one request", () => {
  let supervisor: Supervisor;
  beforeEach(async () => {
    supervisor = createSupervisor(entry, undefined, settings, commandTimeoutMs);
    // Starting a child takes longer than a request may.
    await expect.poll(() => supervisor.open(fakeCall({ remainingMs: 60_000 })).then(() => true, () => false), { timeout: 20_000 }).toBe(true);
  });
  afterEach(() => supervisor.close());

  it("fail when the answer takes longer", async () => {
    await expect(createNativeRbd(supervisor).create(fakeCall({ remainingMs: 60_000 }), "image", { sizeBytes: 1 })).rejects.toMatchObject({ errno: 110, detail: "no answer within 2000 ms" });
  });

  it("wait longer for the lock of a client that died, which a removal takes, within the call's deadline", async () => {
    const rbd = createNativeRbd(supervisor);
    await rbd.removeDoomed(fakeCall({ remainingMs: 60_000 }), "a1", "image");
    await expect(rbd.purge(fakeCall({ remainingMs: 60_000 }), "a1", 300)).rejects.toMatchObject({ errno: 110, detail: "no answer within 300 ms" });
  });
});
