import { SouthboundError, volumeId } from "@opensds/core";
import { leakedSecret } from "../leaked-secret.js";
import type { Mutant } from "../mutant.js";
import { at, isCode, retold } from "../support.js";

/** What errors say. */
export const errorMutants: readonly Mutant[] = [
  {
    name: "says of what is missing nothing but that",
    breaks: "SB-ERROR-1",
    seen: "OpenSDS: the code is always \"400\" and the text whatever came",
    backend: () => (sound) => ({
      getVolume: (request, ctx) =>
        sound.getVolume(request, ctx).catch((error: unknown) => {
          throw isCode(error, "NOT_FOUND") ? ctx.fail("NOT_FOUND", "volume-not-found", "not found", { outcome: "none" }) : error;
        }),
    }),
  },
  {
    name: "shows its password in the cause of an error",
    breaks: "SB-ERROR-2",
    seen: "OpenSDS's Cinder driver logs CHAP data at level ERROR",
    backend: () => (sound) => ({
      getVolume: (request, ctx) =>
        sound.getVolume(request, ctx).catch((error: unknown) => {
          const beneath = new Error(`login as dock with ${leakedSecret} was fine, but: ${String(error)}`);
          throw isCode(error, "NOT_FOUND") ? ctx.fail("NOT_FOUND", "volume-not-found", "there is no such volume", { cause: beneath }) : error;
        }),
    }),
  },
  {
    name: "shows the command line in an error",
    breaks: "SB-ERROR-2",
    seen: "docker-volume-rbd: every error is the command's text",
    backend: () => (sound) => ({
      getVolume: (request, ctx) =>
        sound.getVolume(request, ctx).catch((error: unknown) => {
          const message = "there is no such volume: rbd info --pool=ssd --id=dock --format json failed";
          throw isCode(error, "NOT_FOUND") ? ctx.fail("NOT_FOUND", "volume-not-found", message) : error;
        }),
    }),
  },
  {
    name: "throws misuse from the call itself",
    breaks: "SB-ERROR-3",
    seen: "OpenSDS: `data[\"target_iqn\"].(string)` panics",
    driver: () => (sound) => ({
      getVolume: (request, options) => {
        if (Object.is(request, null)) throw new TypeError("cannot read the id of null");
        return sound.getVolume(request, options);
      },
    }),
  },
  {
    name: "ends a read that was too late with a code that is not a read's",
    breaks: "SB-ERROR-4",
    seen: "pmem-csi 402, mayastor 1091: Internal, or whatever, for everything",
    driver: () => (sound) => ({
      getVolume: (request, options) =>
        sound.getVolume(request, options).catch((error: unknown) => {
          const told = { operation: "getVolume", backend: sound.backend, outcome: "none" } as const;
          throw isCode(error, "DEADLINE_EXCEEDED") ? new SouthboundError("OUT_OF_RANGE", "size-out-of-range", "the time was too small", told) : error;
        }),
    }),
  },
  {
    name: "marks a volume for a create that it refused",
    breaks: "SB-ERROR-5",
    seen: "OpenSDS 575: a volume in a state that nobody asked for, and no reason",
    backend: () => {
      const marked = new Set<string>();
      return (sound) => ({
        createVolume: (request, ctx) =>
          sound.createVolume(request, ctx).catch((error: unknown) => {
            marked.add(request.name);
            throw error;
          }),
        listVolumePage: async (request, ctx) => {
          const page = await sound.listVolumePage(request, ctx);
          return { ...page, items: page.items.map((volume) => (marked.has(volume.name) ? { ...volume, stateReason: "a create failed" } : volume)) };
        },
      });
    },
  },
  {
    name: "says of a read that was too late that it may have changed something",
    breaks: "SB-ERROR-6",
    driver: () => (sound) => ({
      getVolume: (request, options) =>
        sound.getVolume(request, options).catch((error: unknown) => {
          const told = { operation: "getVolume", backend: sound.backend, outcome: "unknown" } as const;
          throw isCode(error, "DEADLINE_EXCEEDED") ? new SouthboundError("DEADLINE_EXCEEDED", "deadline-exceeded", "it took too long", told) : error;
        }),
    }),
  },
];

/** What holds of every request, id and secret, and of the backends file. */
export const contractMutants: readonly Mutant[] = [
  {
    name: "drops fields that it does not know",
    breaks: "SB-REQUEST-1",
    seen: "csi-test 619: parameters are ignored, and nobody is told",
    driver: () => (sound) => ({
      deleteVolume: (request, options) => {
        const id = at(request, "id");
        return sound.deleteVolume(typeof id === "string" ? { id: volumeId(id) } : request, options);
      },
    }),
  },
  {
    name: "finds ids in capital letters",
    breaks: "SB-ID-1",
    backend: () => (sound) => ({
      getVolume: (request, ctx) => sound.getVolume(request.id === undefined ? request : { id: volumeId(request.id.toLowerCase()) }, ctx),
    }),
  },
  {
    name: "writes its password into the log",
    breaks: "SB-SECRET-1",
    seen: "democratic-csi 515, truenas-csp 8: CHAP passwords in logs",
    backend: () => (sound) => ({
      createVolume: (request, ctx) => {
        ctx.log.info(`logged in as dock with ${leakedSecret}`);
        return sound.createVolume(request, ctx);
      },
    }),
  },
  {
    name: "knows one backend of a kind",
    breaks: "SB-FILE-1",
    seen: "OpenSDS: one struct field per driver type, so that two Ceph clusters cannot stand side by side",
    opening: (sound) => async (source, options) => {
      const backends = await sound(source, options);
      const firstOfKind = (name: string): string => backends.names.find((one) => backends.get(one).kind === backends.get(name).kind) ?? name;
      const get = (name: string) => backends.get(firstOfKind(name));
      return new Proxy(backends, { get: (target, key): unknown => (key === "get" ? get : Reflect.get(target, key)) });
    },
  },
  {
    name: "tells mistakes of the file without their lines",
    breaks: "SB-FILE-2",
    seen: "democratic-csi: YAML as an unvalidated object; OpenSDS: log.Fatalf at the first mistake",
    opening: (sound) => (source, options) =>
      sound(source, options).catch((error: unknown) => {
        throw retold(error, (message) => message.replace(/(\.\w+):\d+:/g, "$1:"));
      }),
  },
  {
    name: "takes options that it does not know",
    breaks: "SB-FILE-3",
    seen: "docker-volume-rbd: the options for cluster and user are accepted and unused",
    opening: (sound) => (source, options) => {
      const drivers = options?.drivers?.map((definition) => {
        const { validate, ...schema } = definition.config["~standard"];
        const lenient = async (value: unknown) => {
          const { issues = [], ...result } = await validate(value);
          const left = issues.filter(({ message }) => !message.includes("not an option"));
          return left.length > 0 ? { issues: left } : "value" in result ? { value: result.value } : { value };
        };
        return { ...definition, config: { "~standard": { ...schema, validate: lenient } } };
      });
      return sound(source, { ...options, drivers });
    },
  },
  {
    name: "does not say where it looked for a driver",
    breaks: "SB-FILE-4",
    opening: (sound) => (source, options) =>
      sound(source, options).catch((error: unknown) => {
        throw retold(error, (message) => message.replace(/: not registered[^;\n]*;/g, ";"));
      }),
  },
  {
    name: "repeats the file when it tells mistakes of it",
    breaks: "SB-FILE-5",
    opening: (sound) => (source, options) =>
      sound(source, options).catch((error: unknown) => {
        throw retold(error, (message) => `${message}\nin ${JSON.stringify(source)}`);
      }),
  },
  {
    name: "takes drivers of every contract version",
    breaks: "SB-VERSION-1",
    opening: (sound) => (source, options) => {
      const drivers = options?.drivers?.map((definition) => ({ ...definition, contract: "0.1" }));
      return sound(source, { ...options, drivers });
    },
  },
];
