import { SouthboundError, type CallContext, type Operation, type StorageBackend, type Volume } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sabotage } from "./support/targets.js";

/** A backend that breaks one rule, and the checks that have to notice. */
export interface Saboteur {
  readonly name: string;
  /** Every check that fails on it: no more, no fewer. */
  readonly caughtBy: readonly string[];
  /** Made anew for each run: what it remembers, all drivers of the run share. */
  readonly make: () => Sabotage;
}

/** Key that the driver called `leaky` has in its configuration. */
export const leakedSecret = "correct-horse-battery-staple";

/** The same call's context for another operation, to call the honest backend with. */
export function contextFor<Op extends Operation>(operation: Op, ctx: Pick<CallContext, "signal" | "remainingMs" | "step" | "log">): CallContext<Op> {
  return {
    operation,
    signal: ctx.signal,
    remainingMs: () => ctx.remainingMs(),
    step: (name) => ctx.step(name),
    log: ctx.log,
    fail: (code, reason, message, info) => new SouthboundError(code, reason, message, { ...info, operation }),
  };
}

const find = (backend: StorageBackend, request: { readonly id: Volume["id"] } | { readonly name: string }, ctx: CallContext) =>
  backend.getVolume(request, contextFor("getVolume", ctx)).catch(() => undefined);

/** Saboteurs that need no connections: they run in memory. */
export const saboteurs: readonly Saboteur[] = [
  {
    name: "answers a replayed create with ALREADY_EXISTS",
    caughtBy: ["CREATE-2", "CREATE-3", "CONCURRENCY-3", "CONCURRENCY-4"],
    make: () => (backend) => ({
      createVolume: async (request, ctx) => {
        if ((await find(backend, request, ctx)) === undefined) return backend.createVolume(request, ctx);
        throw ctx.fail("ALREADY_EXISTS", "volume-exists", `the name ${request.name} is taken`, { outcome: "none" });
      },
    }),
  },
  {
    name: "returns whatever has the name, of whatever size",
    caughtBy: ["CREATE-3", "ERRORS-1"],
    make: () => (backend) => ({
      createVolume: async (request, ctx) => (await find(backend, request, ctx)) ?? backend.createVolume(request, ctx),
    }),
  },
  {
    name: "resizes the volume of an incompatible replay and then refuses it",
    caughtBy: ["CREATE-3"],
    make: () => {
      const grown = new Map<string, number>();
      const seen = (volume: Volume): Volume => ({ ...volume, sizeBytes: grown.get(volume.id) ?? volume.sizeBytes });
      return (backend) => ({
        createVolume: async (request, ctx) => {
          const there = await find(backend, request, ctx);
          try {
            return seen(await backend.createVolume(request, ctx));
          } catch (error) {
            if (there !== undefined) grown.set(there.id, request.sizeBytes);
            throw error;
          }
        },
        getVolume: async (request, ctx) => seen(await backend.getVolume(request, ctx)),
      });
    },
  },
  {
    name: "ignores limitBytes and rounds up to steps of its own",
    caughtBy: ["CREATE-1", "CREATE-3", "SIZES-1", "ERRORS-1"],
    make: () => (backend) => ({
      createVolume: (request, ctx) => {
        const step = 4 * 2 ** 20;
        return backend.createVolume({ ...request, sizeBytes: Math.ceil(request.sizeBytes / step) * step }, ctx);
      },
    }),
  },
  {
    name: "aborts a create that meets another of the same name, instead of joining it",
    caughtBy: ["CONCURRENCY-1"],
    make: () => {
      const busy = new Set<string>();
      return (backend) => ({
        createVolume: async (request, ctx) => {
          if (busy.has(request.name)) {
            throw ctx.fail("ABORTED", "operation-pending", `a create of ${request.name} is under way`, { outcome: "none" });
          }
          busy.add(request.name);
          try {
            await sleep(5);
            return await backend.createVolume(request, ctx);
          } finally {
            busy.delete(request.name);
          }
        },
      });
    },
  },
  {
    name: "takes an id that nothing has for a name",
    caughtBy: ["GET-1"],
    make: () => (backend) => ({
      getVolume: async (request, ctx) => {
        const found = await find(backend, request.id === undefined ? { name: request.name } : { id: request.id }, ctx);
        return found ?? backend.getVolume({ name: request.id ?? request.name }, ctx);
      },
    }),
  },
  {
    name: "gives a token only where the page ends past the list",
    caughtBy: ["LIST-1"],
    make: () => (backend) => ({
      listVolumePage: async (request, ctx) => {
        const page = await backend.listVolumePage(request, ctx);
        if (page.nextToken === undefined) return page;
        const next = await backend.listVolumePage({ pageSize: request.pageSize, token: page.nextToken }, ctx);
        return next.nextToken === undefined && next.items.length < request.pageSize ? { items: page.items } : page;
      },
    }),
  },
  {
    name: "uses the position in the list as the token",
    caughtBy: ["LIST-1", "LIST-2", "ERRORS-1"],
    make: () => (backend) => ({
      listVolumePage: async ({ pageSize, token }, ctx) => {
        const { items } = await backend.listVolumePage({ pageSize: 1000 }, ctx);
        const from = Number.parseInt(token ?? "0", 10) || 0;
        const to = from + pageSize;
        return to < items.length ? { items: items.slice(from, to), nextToken: `${to}` } : { items: items.slice(from, to) };
      },
    }),
  },
  {
    name: "keeps its tokens in the memory of one opened driver",
    caughtBy: ["LIST-2"],
    make: () => (backend) => {
      const tokens = new Set<string>();
      return {
        listVolumePage: async (request, ctx) => {
          if (request.token !== undefined && !tokens.has(request.token)) throw ctx.fail("ABORTED", "bad-token", "no token of this driver");
          const page = await backend.listVolumePage(request, ctx);
          if (page.nextToken !== undefined) tokens.add(page.nextToken);
          return page;
        },
      };
    },
  },
  {
    name: "starts again from the beginning when it does not know a token",
    caughtBy: ["LIST-2", "ERRORS-1"],
    make: () => (backend) => ({
      listVolumePage: (request, ctx) =>
        backend.listVolumePage(request, ctx).catch(() => backend.listVolumePage({ pageSize: request.pageSize }, ctx)),
    }),
  },
  {
    name: "fails to delete what is not there",
    caughtBy: ["DELETE-1", "DELETE-2"],
    make: () => (backend) => ({
      deleteVolume: async (request, ctx) => {
        await backend.getVolume(request, contextFor("getVolume", ctx));
        await backend.deleteVolume(request, ctx);
      },
    }),
  },
  {
    name: "deletes by the name that an id once had",
    caughtBy: ["DELETE-2"],
    make: () => {
      const names = new Map<string, string>();
      return (backend) => ({
        deleteVolume: async (request, ctx) => {
          const there = await find(backend, request, ctx);
          if (there !== undefined) names.set(request.id, there.name);
          const namesake = there ?? (await find(backend, { name: names.get(request.id) ?? "never" }, ctx));
          await backend.deleteVolume({ id: namesake?.id ?? request.id }, ctx);
        },
      });
    },
  },
  {
    name: "lists deleted volumes for a while",
    caughtBy: ["DELETE-2", "CONCURRENCY-3"],
    make: () => {
      const gone: Volume[] = [];
      return (backend) => ({
        deleteVolume: async (request, ctx) => {
          const there = await find(backend, request, ctx);
          await backend.deleteVolume(request, ctx);
          if (there !== undefined) gone.push(there);
        },
        listVolumePage: async (request, ctx) => {
          const page = await backend.listVolumePage(request, ctx);
          const room = request.pageSize - page.items.length;
          return { ...page, items: [...page.items, ...gone.slice(-1).slice(0, page.nextToken === undefined ? room : 0)] };
        },
      });
    },
  },
  {
    name: "compares names without regard to case",
    caughtBy: ["NAMES-1"],
    make: () => renaming((name) => name.toLowerCase()),
  },
  {
    name: "compares names in composed form",
    caughtBy: ["NAMES-1"],
    make: () => renaming((name) => name.normalize("NFC")),
  },
  {
    name: "refuses names that look like an option",
    caughtBy: ["NAMES-1"],
    make: () => (backend) => ({
      createVolume: (request, ctx) => {
        if (!request.name.startsWith("--")) return backend.createVolume(request, ctx);
        throw ctx.fail("INTERNAL", "command-failed", "unrecognised option", { outcome: "none" });
      },
    }),
  },
  {
    name: "shows its password in an error",
    caughtBy: ["ERRORS-1"],
    make: () => (backend) => ({
      getVolume: (request, ctx) =>
        backend.getVolume(request, ctx).catch((error: unknown) => {
          const beneath = new Error(`login as dock with ${leakedSecret} was fine, but: ${String(error)}`);
          throw ctx.fail("NOT_FOUND", "volume-not-found", "there is no such volume", { cause: beneath });
        }),
    }),
  },
  {
    name: "shows the command line in an error",
    caughtBy: ["ERRORS-1"],
    make: () => (backend) => ({
      getVolume: (request, ctx) =>
        backend.getVolume(request, ctx).catch(() => {
          throw ctx.fail("NOT_FOUND", "volume-not-found", "there is no such volume: rbd info --pool=ssd --id=dock --format json failed");
        }),
    }),
  },
  {
    name: "says of a refused create that something may have changed",
    caughtBy: ["CREATE-3", "ERRORS-1"],
    make: () => (backend) => ({
      createVolume: (request, ctx) =>
        backend.createVolume(request, ctx).catch(() => {
          throw ctx.fail("ALREADY_EXISTS", "volume-exists", `the name ${request.name} is taken`);
        }),
    }),
  },
  {
    name: "has another manifest after a volume was made",
    caughtBy: ["MANIFEST-1"],
    make: () => {
      let made = 0;
      return (backend) => ({
        manifest: { ...backend.manifest, parameters: made === 0 ? {} : { made: "volumes made so far" } },
        createVolume: (request, ctx) => {
          made += 1;
          return backend.createVolume(request, ctx);
        },
      });
    },
  },
  {
    name: "forgets its volumes when it is closed",
    caughtBy: ["LIFECYCLE-2"],
    make: () => {
      const forgotten = new Set<string>();
      return (backend) => {
        const own = new Set<string>();
        return {
          createVolume: async (request, ctx) => {
            const volume = await backend.createVolume(request, ctx);
            own.add(volume.id);
            return volume;
          },
          getVolume: async (request, ctx) => {
            const volume = await backend.getVolume(request, ctx);
            if (!forgotten.has(volume.id)) return volume;
            throw ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${volume.id}`);
          },
          close: () => {
            for (const id of own) forgotten.add(id);
            return backend.close();
          },
        };
      };
    },
  },
  {
    name: "refuses a create whose earlier attempt was given up",
    caughtBy: ["CONCURRENCY-4"],
    make: () => {
      const reserved = new Set<string>();
      return (backend) => ({
        createVolume: async (request, ctx) => {
          if (reserved.has(request.name)) {
            throw ctx.fail("ALREADY_EXISTS", "volume-exists", `the name ${request.name} is reserved`, { outcome: "none" });
          }
          await sleep(5);
          if (ctx.signal.aborted) reserved.add(request.name);
          return backend.createVolume(request, ctx);
        },
      });
    },
  },
];

/** Finds volumes under a name that is not quite the caller's. */
function renaming(change: (name: string) => string): Sabotage {
  return (backend) => {
    const asked = (volume: Volume, name: string | undefined): Volume => ({ ...volume, name: name ?? volume.name });
    return {
      createVolume: async (request, ctx) => asked(await backend.createVolume({ ...request, name: change(request.name) }, ctx), request.name),
      getVolume: async (request, ctx) =>
        request.name === undefined
          ? backend.getVolume(request, ctx)
          : asked(await backend.getVolume({ name: change(request.name) }, ctx), request.name),
    };
  };
}
