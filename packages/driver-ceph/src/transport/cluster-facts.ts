import type { Call } from "../call.js";
import type { RunCommand } from "./command.js";
import { applicationsShape, decodeJson, healthShape, usageOfPoolsShape, versionsShape } from "./decode.js";

/** What a pool holds and what it can take, in bytes and after replication or erasure coding. */
export interface PoolUsage {
  readonly storedBytes: number;
  readonly maxAvailBytes: number;
  /** 0 for none. */
  readonly quotaBytes: number;
  readonly objects: number;
}

/** What the cluster says of its own state. */
export interface ClusterHealth {
  /** `HEALTH_OK`, `HEALTH_WARN` or `HEALTH_ERR`. */
  readonly status: string;
  /** What it warns of: its own word for it, and a line for people. */
  readonly checks: readonly { readonly name: string; readonly summary: string }[];
}

/** What facets ask of the cluster as a whole. Fails with `CommandFailure`. */
export interface ClusterFacts {
  /** Undefined when the cluster tells of no such pool. */
  poolUsage(call: Call, pool: string): Promise<PoolUsage | undefined>;
  /** The applications that a pool is marked for. */
  poolApplications(call: Call, pool: string): Promise<readonly string[]>;
  /** The release that this host's own tools or library are of, in its own words. */
  clientVersion(call: Call): Promise<string>;
  /** The releases that the cluster's daemons are of, in their own words. */
  versions(call: Call): Promise<readonly string[]>;
  health(call: Call): Promise<ClusterHealth>;
  /** Whether the manager's RBD module answers this user. EACCES, EPERM or another failure where it does not. */
  probeManager(call: Call): Promise<void>;
  /** Lets the manager daemon flatten an image; it goes on by itself, also after a restart. */
  addFlattenTask(call: Call, imageSpec: string): Promise<void>;
}

/** Makes the door to one cluster. */
export function createClusterFacts(run: RunCommand): ClusterFacts {
  const read = (call: Call, words: readonly string[]): Promise<string> =>
    run(call, { tool: "ceph", words, args: ["--format=json"], changes: false });
  return {
    poolUsage: async (call, name) => {
      const { pools } = decodeJson("ceph df", await read(call, ["df", "detail"]), usageOfPoolsShape);
      const found = pools.find((one) => one.name === name);
      if (found === undefined) return undefined;
      return { storedBytes: found.stats.stored, maxAvailBytes: found.stats.max_avail, quotaBytes: found.stats.quota_bytes, objects: found.stats.objects };
    },
    poolApplications: async (call, name) =>
      Object.keys(decodeJson("ceph osd pool application get", await read(call, ["osd", "pool", "application", "get", name]), applicationsShape)),
    clientVersion: async (call) => (await run(call, { tool: "rbd", words: ["--version"], args: [], changes: false })).trim(),
    versions: async (call) => Object.keys(decodeJson("ceph versions", await read(call, ["versions"]), versionsShape).overall),
    health: async (call) => {
      const { status, checks } = decodeJson("ceph health", await read(call, ["health", "detail"]), healthShape);
      return { status, checks: Object.entries(checks).map(([name, { summary }]) => ({ name, summary: summary.message })) };
    },
    probeManager: async (call) => {
      await read(call, ["rbd", "task", "list"]);
    },
    addFlattenTask: async (call, imageSpec) => {
      await run(call, { tool: "ceph", words: ["rbd", "task", "add", "flatten"], args: [imageSpec], changes: true });
    },
  };
}
