import { SouthboundError, type CallOptions, type GetVolumeRequest, type VolumeDriver } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runConformance } from "../src/run/run-conformance.js";
import type { LiveTarget } from "../src/target/target.js";
import { contextFor } from "./saboteurs.js";
import { fileTarget, memoryTarget, withDirectory, type Sabotage } from "./support/targets.js";

/** What takes the place of a driver's own members. */
type DriverChange = (driver: VolumeDriver) => object;

/** A target whose drivers break a rule that the guard keeps for backends: sabotage above the guard. */
function overGuard(change: DriverChange): LiveTarget {
  const target = memoryTarget();
  return {
    open: async (options) => {
      const driver = await target.open(options);
      const changed = change(driver);
      return new Proxy(driver, {
        get: (own, key) => {
          const member: unknown = Reflect.get(Reflect.has(changed, key) ? changed : own, key);
          return member;
        },
      });
    },
  };
}

const withoutSignal = (options?: CallOptions): CallOptions => ({ timeoutMs: options?.timeoutMs });

/** Each is caught by the named check, run alone. */
const aboveTheGuard: readonly { readonly name: string; readonly caughtBy: string; readonly change: DriverChange }[] = [
  {
    name: "drops fields that it does not know",
    caughtBy: "CONTRACT-1",
    change: (driver) => ({ deleteVolume: ({ id }: { id: never }, options?: CallOptions) => driver.deleteVolume({ id }, options) }),
  },
  {
    name: "throws misuse from the call itself",
    caughtBy: "ERRORS-2",
    change: (driver) => ({
      getVolume: (request: GetVolumeRequest | null, options?: CallOptions) => {
        if (request === null) throw new TypeError("no request");
        return driver.getVolume(request, options);
      },
    }),
  },
  {
    name: "ends a read with a code that is not its own",
    caughtBy: "ERRORS-3",
    change: (driver) => ({
      getVolume: () => Promise.reject(new SouthboundError("OUT_OF_RANGE", "size-out-of-range", "no", { operation: "getVolume", backend: driver.backend, outcome: "none" })),
    }),
  },
  {
    name: "says that a failed read may have changed something",
    caughtBy: "ERRORS-5",
    change: (driver) => ({
      getVolume: () => Promise.reject(new SouthboundError("UNAVAILABLE", "backend-unreachable", "no", { operation: "getVolume", backend: driver.backend, outcome: "unknown" })),
    }),
  },
  {
    name: "returns a volume that is still being made",
    caughtBy: "CREATE-4",
    change: (driver) => ({
      createVolume: async (...args: Parameters<VolumeDriver["createVolume"]>) => ({ ...(await driver.createVolume(...args)), state: "creating" }),
    }),
  },
  {
    name: "takes parameters that it does not know",
    caughtBy: "MANIFEST-3",
    change: (driver) => ({
      createVolume: ({ name, capacity }: Parameters<VolumeDriver["createVolume"]>[0], options?: CallOptions) => driver.createVolume({ name, capacity }, options),
    }),
  },
  {
    name: "names a facet and lacks one of its operations",
    caughtBy: "MANIFEST-2",
    change: (driver) => ({
      get snapshots() {
        return driver.snapshots && { ...driver.snapshots, revertVolume: undefined };
      },
    }),
  },
  {
    name: "does not hear a signal that has fired before",
    caughtBy: "CONCURRENCY-8",
    change: (driver) => ({
      deleteVolume: (request: Parameters<VolumeDriver["deleteVolume"]>[0], options?: CallOptions) => driver.deleteVolume(request, withoutSignal(options)),
    }),
  },
  {
    name: "bounds the whole walk by timeoutMs",
    caughtBy: "LIST-3",
    change: (driver) => ({
      listVolumes: (request: Parameters<VolumeDriver["listVolumes"]>[0], { timeoutMs = 60_000 }: CallOptions = {}) =>
        driver.listVolumes(request, { signal: AbortSignal.timeout(timeoutMs) }),
    }),
  },
  {
    name: "waits in unset until every call has ended",
    caughtBy: "LIFECYCLE-4",
    change: (driver) => {
      const running = new Set<Promise<unknown>>();
      return {
        createVolume: (...args: Parameters<VolumeDriver["createVolume"]>) => {
          const call = driver.createVolume(...args);
          running.add(call);
          return call;
        },
        unset: async () => {
          await Promise.allSettled(running);
          await driver.unset();
        },
      };
    },
  },
  {
    name: "queues a different call on the same name behind the running one",
    caughtBy: "CONCURRENCY-6",
    change: (driver) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        createVolume: (...args: Parameters<VolumeDriver["createVolume"]>) => {
          const call = last.then(() => driver.createVolume(...args));
          last = call.catch(() => undefined);
          return call;
        },
      };
    },
  },
  {
    name: "ends a joined call when the first caller's end comes, not its own",
    caughtBy: "CONCURRENCY-5",
    change: (driver) => ({
      createVolume: (request: Parameters<VolumeDriver["createVolume"]>[0], options?: CallOptions) => driver.createVolume(request, withoutSignal({ ...options, timeoutMs: 3_000 })),
    }),
  },
];

let deletes = 0;

/** Backends that break a rule beneath the guard. */
const beneath: readonly { readonly name: string; readonly caughtBy: string; readonly files?: boolean; readonly make: () => Sabotage }[] = [
  {
    name: "answers reads from a cache",
    caughtBy: "GET-2",
    make: () => (backend) => {
      const seen = new Map<string, ReturnType<typeof backend.getVolume>>();
      return {
        getVolume: (request, ctx) => {
          const key = JSON.stringify(request);
          const volume = seen.get(key) ?? backend.getVolume(request, ctx);
          seen.set(key, volume);
          return volume;
        },
      };
    },
  },
  {
    name: "removes the volume of a create that was given up, by its name",
    caughtBy: "CREATE-5",
    make: () => (backend) => ({
      createVolume: async (request, ctx) => {
        const volume = await backend.createVolume(request, ctx);
        await sleep(30);
        if (ctx.signal.aborted) await backend.deleteVolume({ id: volume.id }, contextFor("deleteVolume", { ...ctx, signal: new AbortController().signal, step: () => Promise.resolve() }));
        return volume;
      },
    }),
  },
  {
    name: "deletes by name, and now and then late",
    caughtBy: "CONCURRENCY-9",
    make: () => (backend) => ({
      deleteVolume: async (request, ctx) => {
        const deaf = { ...ctx, signal: new AbortController().signal, step: () => Promise.resolve() };
        const { name } = await backend.getVolume(request, contextFor("getVolume", deaf)).catch(() => ({ name: undefined }));
        if (name === undefined) return;
        deletes += 1;
        await sleep(deletes % 2 === 1 ? 120 : 0);
        const now = await backend.getVolume({ name }, contextFor("getVolume", deaf)).catch(() => undefined);
        if (now !== undefined) await backend.deleteVolume({ id: now.id }, contextFor("deleteVolume", deaf));
      },
    }),
  },
  {
    name: "calls every volume available",
    caughtBy: "GET-3",
    files: true,
    make: () => (backend) => ({ getVolume: async (request, ctx) => ({ ...(await backend.getVolume(request, ctx)), state: "available" }) }),
  },
  {
    name: "looks for attachments some time before it deletes",
    caughtBy: "DELETE-4",
    files: true,
    make: () => (backend) => ({
      deleteVolume: async (request, ctx) => {
        const list = () => backend.listConnections({ volumeId: request.id }, contextFor("listAttachments", ctx)).catch(() => []);
        if ((await list()).length > 0) return backend.deleteVolume(request, ctx);
        await sleep(40);
        for (const { attachment } of await list()) {
          await backend.disconnectVolume({ volumeId: request.id, attachmentId: attachment.id }, contextFor("disconnectVolume", ctx));
        }
        await backend.deleteVolume(request, ctx);
      },
    }),
  },
];

async function failures(target: LiveTarget, id: string): Promise<readonly string[]> {
  const { results } = await runConformance(target, { seed: 1, select: { ids: [id], level: "full" } });
  return results.filter(({ status }) => status === "failed").map((result) => result.id);
}

describe("a driver that", () => {
  it.for(aboveTheGuard)("$name is caught by $caughtBy", { timeout: 150_000 }, async ({ change, caughtBy }) => {
    expect(await failures(overGuard(change), caughtBy)).toEqual([caughtBy]);
  });

  it.for(beneath)("$name is caught by $caughtBy", { timeout: 60_000 }, async ({ make, caughtBy, files }) => {
    await withDirectory(async (directory) => {
      const target = files === true ? fileTarget(`${directory}/volumes`, make()) : memoryTarget(make());
      expect(await failures(target, caughtBy)).toEqual([caughtBy]);
    });
  });
});
