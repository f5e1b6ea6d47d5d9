import { monitorsIn, poolsIn, type Cluster } from "../cluster.js";
import type { Supervisor } from "./supervisor.js";

/** Questions to the cluster as a whole, as commands that the child sends to the monitors and the manager. */
export function createNativeCluster({ request, keyrings }: Supervisor): Cluster {
  const reads = { changes: false } as const;
  return {
    monitors: async (call) => monitorsIn(await request(call, "command", { to: "mon", words: { prefix: "mon dump", format: "json" } }, reads)),
    pools: async (call) =>
      poolsIn(await request(call, "command", { to: "mon", words: { prefix: "osd pool ls", detail: "detail", format: "json" } }, reads)),
    keyrings: () => Promise.resolve(keyrings()),
    addPurgeTask: async (call, imageSpec) => {
      const words = { prefix: "rbd task add trash remove", image_id_spec: imageSpec };
      await request(call, "command", { to: "mgr", words }, { changes: true });
    },
  };
}
