import type { Call } from "../call.js";
import type { CephConfig } from "../config.js";
import { createCliImages } from "./cli-images.js";
import { createCluster } from "./cluster.js";
import { createCommands } from "./command.js";
import { endWhereFull } from "./full-pool.js";
import { createRados } from "./rados.js";
import { createRbd } from "./rbd.js";
import type { Transport } from "./transport.js";

/** Ceph's own commands, a process each. */
export function createCliTransport(config: CephConfig): Transport {
  const run = createCommands(config);
  const cluster = createCluster(run);
  const isFull = async (asking: Call): Promise<boolean> =>
    (await cluster.pools(asking)).some(({ name, full }) => name === config.pool && full);
  const runInPool = endWhereFull(run, isFull);
  const rbd = createRbd(runInPool, config.pool, config.namespace);
  const rados = createRados(runInPool, config.pool, config.namespace);
  return { name: "cli", rbd, rados, images: createCliImages(rbd, rados), cluster, close: () => Promise.resolve() };
}
