import type { Call } from "../call.js";
import type { RunCommand } from "./command.js";
import { decodeJson, monitorsShape, poolsShape } from "./decode.js";

/** A pool, as the cluster describes it. */
export interface PoolInfo {
  readonly id: number;
  readonly name: string;
  /** Whether it takes no more data, by its quota or by the cluster's limit. */
  readonly full: boolean;
  readonly isErasureCoded: boolean;
  /** Whether parts of objects can be written over: in an erasure-coded pool only where it is allowed. */
  readonly takesOverwrites: boolean;
}

/** Questions to the cluster as a whole, through the `ceph` command. Fails with `CommandFailure`. */
export interface Cluster {
  /** The cluster's id and its monitors, as `mon host` in a `ceph.conf` writes them. */
  monitors(call: Call): Promise<{ readonly fsid: string; readonly monitors: readonly string[] }>;
  pools(call: Call): Promise<readonly PoolInfo[]>;
  /** The paths of the keyrings that Ceph's tools look for the user's key in. */
  keyrings(call: Call): Promise<readonly string[]>;
  /** Lets the manager daemon remove an image from the trash; it goes on by itself, also after a restart. */
  addPurgeTask(call: Call, imageSpec: string): Promise<void>;
}

/** Makes the door to one cluster. */
export function createCluster(run: RunCommand): Cluster {
  const read = (call: Call, words: readonly string[]): Promise<string> =>
    run(call, { tool: "ceph", words, args: ["--format=json"], changes: false });
  return {
    monitors: async (call) => monitorsIn(await read(call, ["mon", "dump"])),
    pools: async (call) => poolsIn(await read(call, ["osd", "pool", "ls", "detail"])),
    keyrings: async (call) => {
      const found = await run(call, { tool: "ceph-conf", words: ["--lookup", "keyring"], args: [], changes: false });
      return found.split(/[,;\s]+/).filter((path) => path !== "");
    },
    addPurgeTask: async (call, imageSpec) => {
      await run(call, { tool: "ceph", words: ["rbd", "task", "add", "trash", "remove"], args: [imageSpec], changes: true });
    },
  };
}

/** What `ceph mon dump` printed. */
export function monitorsIn(printed: string): { readonly fsid: string; readonly monitors: readonly string[] } {
  const { fsid, mons } = decodeJson("ceph mon dump", printed, monitorsShape);
  const addresses = mons.map(({ public_addrs }) => public_addrs.addrvec.map(({ type, addr }) => `${type}:${addr}`).join(","));
  return { fsid, monitors: addresses.map((list) => `[${list}]`) };
}

/** What `ceph osd pool ls detail` printed. */
export function poolsIn(printed: string): readonly PoolInfo[] {
  return decodeJson("ceph osd pool ls detail", printed, poolsShape).map(({ pool_id, pool_name, flags_names, erasure_code_profile }) => {
    const flags = flags_names.split(",");
    const isErasureCoded = erasure_code_profile !== "";
    return {
      id: pool_id,
      name: pool_name,
      full: flags.some((flag) => flag === "full" || flag === "full_quota"),
      isErasureCoded,
      takesOverwrites: !isErasureCoded || flags.includes("ec_overwrites"),
    };
  });
}
