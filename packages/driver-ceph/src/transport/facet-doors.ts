import type { Call } from "../call.js";
import type { CephConfig } from "../config.js";
import { createById } from "./by-id.js";
import { createCluster } from "./cluster.js";
import { createClusterFacts, type ClusterFacts } from "./cluster-facts.js";
import { createCommands, createStreams } from "./command.js";
import { endWhereFull } from "./full-pool.js";
import { createObjectLocks, type ObjectLocks } from "./object-locks.js";
import { createRbdDetails, type RbdDetails } from "./rbd-details.js";
import { createRbdEncryption, type RbdEncryption } from "./rbd-encryption.js";
import { createRbdFence, type RbdFence } from "./rbd-fence.js";
import { createRbdGroups, type RbdGroups } from "./rbd-groups.js";
import { createRbdMaking, type RbdMaking } from "./rbd-making.js";
import { createRbdSettings, type RbdSettings } from "./rbd-settings.js";
import { createRbdSnapshots, type RbdSnapshots } from "./rbd-snapshots.js";
import { createRbdTrash, type RbdTrash } from "./rbd-trash.js";

/** The doors that only facets use. */
export interface FacetDoors {
  readonly snapshots: RbdSnapshots;
  readonly making: RbdMaking;
  readonly trash: RbdTrash;
  readonly details: RbdDetails;
  readonly encryption: RbdEncryption;
  /** The locks on objects of our own, which are no images. */
  readonly locks: ObjectLocks;
  readonly fence: RbdFence;
  readonly groups: RbdGroups;
  readonly settings: RbdSettings;
  readonly facts: ClusterFacts;
}

/** Makes the doors of one pool and namespace, through Ceph's own commands: whatever the other doors go through. */
export function createFacetDoors(config: CephConfig): FacetDoors {
  const run = createCommands(config);
  const cluster = createCluster(run);
  const isFull = async (asking: Call): Promise<boolean> =>
    (await cluster.pools(asking)).some(({ name, full }) => full && (name === config.pool || name === config.dataPool));
  const inPool = endWhereFull(run, isFull);
  const { pool, namespace } = config;
  const where = [`--pool=${pool}`, ...(namespace === "" ? [] : [`--namespace=${namespace}`])];
  const byId = createById(inPool, where);
  return {
    snapshots: createRbdSnapshots(inPool, createStreams(config), where, byId),
    making: createRbdMaking(inPool, pool, namespace, where, byId),
    trash: createRbdTrash(inPool, where, byId),
    details: createRbdDetails(inPool, where),
    encryption: createRbdEncryption(inPool, pool, namespace),
    locks: createObjectLocks(inPool, where),
    fence: createRbdFence(inPool, where),
    groups: createRbdGroups(inPool, pool, namespace, where),
    settings: createRbdSettings(inPool, where, byId),
    facts: createClusterFacts(run),
  };
}
