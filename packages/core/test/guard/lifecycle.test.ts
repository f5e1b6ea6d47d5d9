import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { CallContext } from "../../src/driver/call-context.js";
import { silentLogger } from "../../src/driver/logger.js";
import type { BackendManifest } from "../../src/driver/manifest.js";
import type { StorageBackend } from "../../src/driver/storage-backend.js";
import { createLifecycle, type Lifecycle, type OpenBackend } from "../../src/guard/lifecycle.js";

type Connected = Omit<OpenBackend, "stop">;

const manifest: BackendManifest = {
  kind: "fake",
  limits: { nameBytes: 128, granularityBytes: 1, minVolumeBytes: 1, maxVolumeBytes: 1024 },
  nameUniqueness: "guaranteed",
  accessModes: ["single-writer"],
  protocols: [],
  parameters: {},
};
const uncalled = (): Promise<never> => Promise.reject(new Error("nobody calls this here"));

/** A connection of which only `close` is ever called. */
function connection(closed: () => void): Connected {
  const backend: StorageBackend = {
    manifest,
    ...{ createVolume: uncalled, getVolume: uncalled, listVolumePage: uncalled, deleteVolume: uncalled },
    ...{ connectVolume: uncalled, disconnectVolume: uncalled, listConnections: uncalled, readFormat: uncalled, writeFormat: uncalled },
    close: () => {
      closed();
      return Promise.resolve();
    },
  };
  return { backend, manifest: { ...manifest, facets: [] } };
}

function lifecycle(connect: (ctx: CallContext<"setup">) => Promise<Connected>): Lifecycle {
  return createLifecycle("b", 1_000, { log: silentLogger }, connect);
}

describe("setup", () => {
  it("connects once for callers at once, and a short deadline of the first ends nothing for the second", async () => {
    let connects = 0;
    const life = lifecycle(async () => {
      connects += 1;
      await sleep(120);
      return connection(() => undefined);
    });
    const impatient = life.setup({ timeoutMs: 30 });
    const patient = life.setup({ timeoutMs: 1_000 });
    await expect(impatient).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await expect(patient).resolves.toMatchObject({ manifest: { kind: "fake" } });
    expect(connects).toBe(1);
  });

  it("closes a connection that comes after every caller has gone, and connects anew for the next", async () => {
    let closed = 0;
    let connects = 0;
    const life = lifecycle(async () => {
      connects += 1;
      await sleep(connects === 1 ? 100 : 0);
      return connection(() => (closed += 1));
    });
    await expect(life.setup({ timeoutMs: 30 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(life.current()).toBeUndefined();
    await life.setup({ timeoutMs: 1_000 });
    expect(connects).toBe(2);
    expect(life.current()).toBeDefined();
    await vi.waitFor(() => expect(closed).toBe(1));
    expect(life.current()).toBeDefined();
  });
});
