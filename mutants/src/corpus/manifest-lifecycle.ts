import { SouthboundError, type DriverManifest } from "@opensds/core";
import { openSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { Mutant } from "../mutant.js";
import { at, isReason } from "../support.js";

/** What drivers say of themselves, and how they are opened and closed. */
export const lifecycleMutants: readonly Mutant[] = [
  {
    name: "has another manifest after a volume was made",
    breaks: "SB-MANIFEST-1",
    backend: () => {
      let made = 0;
      return (sound) => ({
        manifest: { ...sound.manifest, parameters: made === 0 ? {} : { made: "volumes made so far" } },
        createVolume: (request, ctx) => {
          made += 1;
          return sound.createVolume({ ...request, parameters: {} }, ctx);
        },
      });
    },
  },
  {
    name: "names a largest size that a number cannot hold exactly",
    breaks: "SB-MANIFEST-2",
    driver: () => (sound) => {
      const claiming = (manifest: DriverManifest): DriverManifest => ({ ...manifest, limits: { ...manifest.limits, maxVolumeBytes: 2 ** 53 } });
      return {
        get manifest() {
          return claiming(sound.manifest);
        },
        setup: async (options) => claiming(await sound.setup(options)),
      };
    },
  },
  {
    name: "advertises a facet that it does not have",
    // The one that the reference driver lacks, of which the checks believe the manifest.
    breaks: ["SB-MANIFEST-3", "SB-QOS-1"],
    seen: "OpenSDS: the RPCs of volume groups exist and every driver answers that they are not implemented",
    driver: () => (sound) => {
      const claiming = (manifest: DriverManifest): DriverManifest => ({ ...manifest, facets: [...manifest.facets, "qos"] });
      return {
        get manifest() {
          return claiming(sound.manifest);
        },
        setup: async (options) => claiming(await sound.setup(options)),
      };
    },
    alsoFails: { "QOS-2": "it uses the facet", "QOS-3": "it uses the facet" },
  },
  {
    name: "takes what every object has for parameters that it knows",
    breaks: "SB-MANIFEST-4",
    driver: () => (sound) => ({
      createVolume: (request, options) => {
        const given = at(request, "parameters");
        if (typeof given !== "object" || given === null) return sound.createVolume(request, options);
        const parameters = Object.fromEntries(Object.entries(given).filter(([name]) => !(name in {})));
        return sound.createVolume({ ...request, parameters }, options);
      },
    }),
  },
  {
    name: "says before setup that nothing is mounted",
    breaks: "SB-LIFECYCLE-1",
    seen: "OpenSDS: the error of Setup is dropped, and calls go on",
    driver: () => (sound) => ({
      listMounts: (request, options) =>
        sound.listMounts(request, options).catch((error: unknown) => {
          if (isReason(error, "not-set-up")) return [];
          throw error;
        }),
    }),
    alsoFails: { "LIFECYCLE-2": "it looks at the same refusal after unset" },
  },
  {
    name: "fails the first create after a setup that was repeated",
    breaks: "SB-LIFECYCLE-2",
    driver: () => (sound) => {
      let setups = 0;
      return {
        setup: (options) => {
          setups += 1;
          return sound.setup(options);
        },
        createVolume: async (request, options) => {
          const stale = setups > 1;
          setups = 0;
          if (!stale) return sound.createVolume(request, options);
          throw new SouthboundError("UNAVAILABLE", "backend-unreachable", "the connection was closed by the second setup", { outcome: "none" });
        },
      };
    },
  },
  {
    name: "fails when it is closed a second time",
    breaks: "SB-LIFECYCLE-3",
    driver: () => (sound) => {
      let open = true;
      return {
        unset: async (options) => {
          if (!open) throw new SouthboundError("FAILED_PRECONDITION", "not-set-up", "the driver is closed already", { operation: "unset", outcome: "none" });
          open = false;
          await sound.unset(options);
        },
      };
    },
  },
  {
    name: "needs the network to open a backends file",
    breaks: "SB-LIFECYCLE-4",
    seen: "OpenSDS: a configuration that cannot be used ends the whole dock (log.Fatalf)",
    opening: (sound) => (source, options) => {
      const reachable = Object.keys(networkInterfaces()).length > 0;
      return reachable ? sound(source, options) : Promise.reject(new Error("the backend cannot be reached"));
    },
  },
  {
    name: "waits in unset until every call has ended",
    breaks: "SB-LIFECYCLE-6",
    driver: () => (sound) => {
      const running = new Set<Promise<unknown>>();
      return {
        createVolume: (request, options) => {
          const call = sound.createVolume(request, options);
          running.add(call);
          return call;
        },
        unset: async (options) => {
          await Promise.allSettled(running);
          await sound.unset(options);
        },
      };
    },
  },
  {
    name: "keeps a file open that it opened to connect",
    breaks: "SB-LIFECYCLE-7",
    backend: () => (sound) => {
      const file = openSync("/etc/hostname", "r");
      return { close: () => (file > 0 ? sound.close() : Promise.reject(new Error("nothing was opened"))) };
    },
  },
];
