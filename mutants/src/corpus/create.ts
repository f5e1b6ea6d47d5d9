import type { Volume } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mutant } from "../mutant.js";
import { at, deaf, find, isReason } from "../support.js";

/** Making volumes. */
export const createMutants: readonly Mutant[] = [
  {
    name: "gives up on a name that was asked for more than eight times",
    breaks: "SB-CREATE-1",
    seen: "ceph-csi: a name's reservation is tried five times, and fails for good then",
    backend: () => {
      const replays = new Map<string, number>();
      return (sound) => ({
        createVolume: async (request, ctx) => {
          if ((await find(sound, { name: request.name }, ctx)) === undefined) return sound.createVolume(request, ctx);
          const count = (replays.get(request.name) ?? 0) + 1;
          replays.set(request.name, count);
          if (count <= 8) return sound.createVolume(request, ctx);
          throw ctx.fail("ALREADY_EXISTS", "volume-exists", `the name ${request.name} is taken`, { outcome: "none" });
        },
      });
    },
  },
  {
    name: "lists volumes with other parameters than they were made with",
    breaks: "SB-CREATE-2",
    seen: "OpenSDS: what PullVolume returned had nothing to do with what CreateVolume had returned",
    backend: () => (sound) => ({
      listVolumePage: async (request, ctx) => {
        const page = await sound.listVolumePage(request, ctx);
        return { ...page, items: page.items.map((volume) => ({ ...volume, parameters: { listed: "yes" } })) };
      },
    }),
    alsoFails: { "IMPORTS-1": "it compares an imported volume with the list" },
  },
  {
    name: "never reads limitBytes of a replay",
    breaks: "SB-CREATE-3",
    seen: "ceph-csi: GetLimitBytes is never called",
    backend: () => (sound) => ({
      createVolume: (request, ctx) => sound.createVolume({ ...request, capacity: { ...request.capacity, limitBytes: null } }, ctx),
    }),
  },
  {
    name: "aborts a create that meets another of the same name, instead of joining it",
    breaks: "SB-CREATE-4",
    seen: "ceph-csi: one TryAcquire per name, and ABORTED for whoever comes second (CSI issue 213)",
    backend: () => {
      const busy = new Set<string>();
      return (sound) => ({
        createVolume: async (request, ctx) => {
          if (busy.has(request.name)) throw ctx.fail("ABORTED", "operation-pending", `a create of ${request.name} is under way`, { outcome: "none" });
          busy.add(request.name);
          ctx.signal.addEventListener("abort", () => busy.delete(request.name));
          try {
            await sleep(30);
            return await sound.createVolume(request, ctx);
          } finally {
            busy.delete(request.name);
          }
        },
      });
    },
    alsoFails: {
      "CREATE-4": "its three docks ask at once",
      "CREATE-5": "a create is given up beside another",
    },
  },
  {
    name: "locks names in the memory of its own process only",
    breaks: "SB-CREATE-4",
    seen: "ceph-csi's VolumeLocks are in-process; Cinder's list-then-create is a race",
    backend: () => {
      const turns = new Map<string, Promise<unknown>>();
      return (sound) => ({
        createVolume: (request, ctx) => {
          const turn = (turns.get(request.name) ?? Promise.resolve()).then(async () => {
            if ((await find(sound, { name: request.name }, ctx)) !== undefined) return sound.createVolume(request, ctx);
            await sleep(80 * Math.random());
            if ((await find(sound, { name: request.name }, ctx)) === undefined) return sound.createVolume(request, ctx);
            throw ctx.fail("ALREADY_EXISTS", "volume-exists", "another process has made it meanwhile", { outcome: "none" });
          });
          turns.set(request.name, turn.catch(() => undefined));
          return turn;
        },
      });
    },
  },
  {
    name: "reserves a name for ever when its create was cancelled",
    breaks: "SB-CREATE-5",
    seen: "ceph-csi: \"an operation with the given Volume ID already exists\" after a cancelled call",
    backend: () => {
      const reserved = new Set<string>();
      return (sound) => ({
        createVolume: async (request, ctx) => {
          if (reserved.has(request.name)) throw ctx.fail("ALREADY_EXISTS", "volume-exists", `the name ${request.name} is reserved`, { outcome: "none" });
          await sleep(45);
          if (ctx.signal.aborted && ctx.remainingMs() > 0) reserved.add(request.name);
          return sound.createVolume(request, ctx);
        },
      });
    },
  },
  {
    name: "gives a volume that is still being made to whoever asks for it meanwhile",
    breaks: "SB-CREATE-6",
    seen: "OpenSDS's Cinder driver: a create that ran out of its 10 s is success; CPO attaches while `creating` (1403)",
    driver: () => {
      const making = new Map<string, number>();
      return (sound) => ({
        createVolume: async (request, options) => {
          const others = making.get(JSON.stringify(request)) ?? 0;
          making.set(JSON.stringify(request), others + 1);
          const made: Volume = await sound.createVolume(request, options).finally(() => making.delete(JSON.stringify(request)));
          return others === 0 ? made : { ...made, state: "creating" };
        },
      });
    },
  },
  {
    name: "takes what stands in its way for a leftover of its own, where it gave up a create of the name",
    breaks: "SB-CREATE-7",
    seen: "OpenSDS: CreateVolume returns a volume together with an error; ceph-csi undoes by name",
    backend: () => (sound) => {
      const givenUp = new Set<string>();
      return {
        createVolume: async (request, ctx) => {
          await sleep(5);
          if (ctx.signal.aborted) givenUp.add(request.name);
          return sound.createVolume(request, ctx).catch(async (error: unknown) => {
            const there = isReason(error, "volume-exists") && givenUp.has(request.name) ? await find(sound, { name: request.name }, ctx) : undefined;
            if (there !== undefined) await sound.deleteVolume({ id: there.id }, deaf("deleteVolume", ctx));
            throw error;
          });
        },
      };
    },
  },
  {
    name: "keeps names apart by what the backend is called in the file",
    breaks: "SB-CREATE-8",
    seen: "OpenSDS: two backends of one cluster were two different clusters to the dock",
    driver: () => {
      let first: string | undefined;
      return (sound) => {
        first ??= sound.backend;
        if (sound.backend === first) return {};
        return { createVolume: (request, options) => sound.createVolume({ ...request, name: `${request.name}@${sound.backend}` }, options) };
      };
    },
    alsoFails: { "CONTRACT-5": "it looks for a volume of the same place by another backend of the file" },
  },
];

/** What callers' names may be, and sizes. */
export const nameAndSizeMutants: readonly Mutant[] = [
  {
    name: "refuses names that look like an option",
    breaks: "SB-NAME-1",
    seen: "every driver that hands names to a command: `rbd create --help`",
    backend: () => (sound) => ({
      createVolume: (request, ctx) => {
        if (!request.name.startsWith("--")) return sound.createVolume(request, ctx);
        throw ctx.fail("INTERNAL", "command-failed", "unrecognised option", { outcome: "none" });
      },
    }),
  },
  {
    name: "compares names without regard to case",
    breaks: "SB-NAME-2",
    backend: () => (sound) => ({
      createVolume: async (request, ctx) => ({ ...(await sound.createVolume({ ...request, name: request.name.toLowerCase() }, ctx)), name: request.name }),
      getVolume: async (request, ctx) => {
        if (request.name === undefined) return sound.getVolume(request, ctx);
        return { ...(await sound.getVolume({ name: request.name.toLowerCase() }, ctx)), name: request.name };
      },
    }),
  },
  {
    name: "compares names in composed form",
    breaks: "SB-NAME-2",
    backend: () => (sound) => ({
      createVolume: async (request, ctx) => ({ ...(await sound.createVolume({ ...request, name: request.name.normalize("NFC") }, ctx)), name: request.name }),
      getVolume: async (request, ctx) => {
        if (request.name === undefined) return sound.getVolume(request, ctx);
        return { ...(await sound.getVolume({ name: request.name.normalize("NFC") }, ctx)), name: request.name };
      },
    }),
  },
  {
    name: "drops a line break at the end of a name",
    breaks: "SB-NAME-3",
    driver: () => (sound) => ({
      createVolume: (request, options) => {
        const name = at(request, "name");
        return sound.createVolume(typeof name === "string" && name.endsWith("\n") ? { ...request, name: name.trimEnd() } : request, options);
      },
    }),
  },
  {
    name: "rounds sizes down to whole MiB",
    breaks: "SB-SIZE-1",
    seen: "ceph-csi PR 1297: MiB and bytes mixed up, so that volumes came out smaller",
    backend: () => (sound) => ({
      createVolume: (request, ctx) => {
        const unit = sound.manifest.limits.granularityBytes;
        const sizeBytes = Math.max(unit, Math.floor(request.capacity.requiredBytes / unit) * unit);
        return sound.createVolume({ ...request, sizeBytes, capacity: { ...request.capacity, requiredBytes: sizeBytes } }, ctx);
      },
    }),
  },
  {
    name: "takes a size of 0 for no size given, and makes its default of 1 GiB",
    breaks: "SB-SIZE-2",
    seen: "CSI: 0 is unset; ceph-csi's default is 1 GiB",
    driver: () => (sound) => ({
      createVolume: (request, options) => {
        const capacity = at(request, "capacity");
        const unset = typeof capacity === "object" && capacity !== null && Object.values(capacity).every((bytes) => bytes === 0);
        return sound.createVolume(unset && Object.keys(capacity).length > 0 ? { ...request, capacity: { requiredBytes: 2 ** 30 } } : request, options);
      },
    }),
  },
];

