import { SouthboundError, type CreateVolumeRequest, type Volume } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mutant } from "../mutant.js";
import { at, deaf, find, isCode } from "../support.js";

/** Deadlines, and calls that meet. */
export const concurrencyMutants: readonly Mutant[] = [
  {
    name: "ends a create of little time long after its deadline",
    breaks: "SB-DEADLINE-1",
    seen: "go-ceph: a context never reaches librbd",
    driver: () => (sound) => ({
      createVolume: (request, options) =>
        sound.createVolume(request, options).catch(async (error: unknown) => {
          if (isCode(error, "DEADLINE_EXCEEDED") && (options?.timeoutMs ?? 60_000) < 100) await sleep(2_500);
          throw error;
        }),
    }),
  },
  {
    name: "does not hear a signal that has fired before",
    breaks: "SB-DEADLINE-2",
    driver: () => (sound) => ({ deleteVolume: (request, options) => sound.deleteVolume(request, options && { ...options, signal: undefined }) }),
  },
  {
    name: "deletes by name when its time is short, and late",
    breaks: "SB-DEADLINE-3",
    seen: "measured on the lab: a timed-out write lands later, 3 of 3",
    backend: () => (sound) => ({
      deleteVolume: async (request, ctx) => {
        const name = ctx.remainingMs() < 1_000 ? (await find(sound, request, ctx))?.name : undefined;
        if (name === undefined) return sound.deleteVolume(request, ctx);
        await sleep(120);
        const now = await find(sound, { name }, ctx);
        if (now !== undefined) await sound.deleteVolume({ id: now.id }, deaf("deleteVolume", ctx));
      },
    }),
  },
  {
    name: "waits for a hanging backend beyond a deadline of seconds",
    breaks: "SB-DEADLINE-4",
    seen: "measured on the lab: a hung native call blocks even process.exit()",
    driver: () => (sound) => ({
      createVolume: (request, options) =>
        sound.createVolume(request, options).catch(async (error: unknown) => {
          if (isCode(error, "DEADLINE_EXCEEDED") && (options?.timeoutMs ?? 0) >= 1_000) await sleep(2_500);
          throw error;
        }),
    }),
  },
  {
    name: "says of a delete that meets a create that it is done, and does nothing",
    breaks: "SB-CONCURRENCY-1",
    seen: "democratic-csi 536: success is reported, and nothing was done",
    backend: () => {
      const wanted = new Map<string, number>();
      const count = (name: string, change: number): unknown => wanted.set(name, (wanted.get(name) ?? 0) + change);
      return (sound) => ({
        createVolume: async (request, ctx) => {
          const there = await find(sound, { name: request.name }, ctx);
          if (there === undefined) return sound.createVolume(request, ctx);
          count(there.id, 1);
          await sleep(60);
          return sound.createVolume(request, ctx).finally(() => count(there.id, -1));
        },
        deleteVolume: async (request, ctx) => ((wanted.get(request.id) ?? 0) > 0 ? undefined : sound.deleteVolume(request, ctx)),
      });
    },
  },
  {
    name: "ends joined calls together, whatever their own deadlines",
    breaks: "SB-CONCURRENCY-2",
    driver: () => (sound) => {
      const running = new Map<string, Promise<Volume>>();
      return {
        createVolume: (request, options) => {
          const key = JSON.stringify(request);
          const call = running.get(key) ?? sound.createVolume(request, { ...options, timeoutMs: options?.timeoutMs ?? 4_000 }).finally(() => running.delete(key));
          running.set(key, call);
          return call;
        },
      };
    },
  },
  {
    name: "queues a different create of a name behind the running one",
    breaks: "SB-CONCURRENCY-3",
    seen: "CSI issue 213: join what is the same, refuse what is not",
    driver: () => (sound) => {
      const running = new Map<string, { readonly key: string; readonly ended: Promise<unknown> }>();
      return {
        createVolume: (request: CreateVolumeRequest, options) => {
          const [name, key] = [String(at(request, "name")), JSON.stringify(request)];
          const before = running.get(name);
          const begin = (): Promise<Volume> => sound.createVolume(request, options?.timeoutMs === undefined || options.timeoutMs < 5_000 ? options : { ...options, timeoutMs: 5_000 });
          const call = before === undefined || before.key === key ? begin() : before.ended.then(begin);
          running.set(name, { key, ended: call.catch(() => undefined) });
          return call;
        },
      };
    },
  },
  {
    name: "takes a create that hung for seconds for one that still runs, for ever",
    breaks: "SB-CONCURRENCY-4",
    seen: "ceph-csi 740, 578: a volume stays locked until somebody forces it",
    driver: () => (sound) => {
      const stuck = new Set<string>();
      return {
        createVolume: (request, options) => {
          const key = JSON.stringify(request);
          if (stuck.has(key)) return Promise.reject(new SouthboundError("ABORTED", "operation-pending", "a create is under way", { outcome: "none" }));
          return sound.createVolume(request, options).catch((error: unknown) => {
            if (isCode(error, "DEADLINE_EXCEEDED") && (options?.timeoutMs ?? 0) >= 1_000) stuck.add(key);
            throw error;
          });
        },
      };
    },
  },
];
