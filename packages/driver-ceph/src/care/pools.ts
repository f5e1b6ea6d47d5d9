import type { Amount, BackendFacets, Pool as PoolFigures } from "@opensds/core";
import { mapBounded, together } from "../bounded.js";
import type { Bind } from "../bind.js";
import type { Call } from "../call.js";
import { isOurImageName } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import { errno, unless } from "../transport/command-failure.js";

/** Beyond so many deleted images nobody counts what they hold: each takes a command of its own. */
const countedInTrash = 64;
const atOnce = 4;

/** The pool and what is left in it, as the cluster counts. */
export function poolFacet(bind: Bind): BackendFacets["pools"] {
  return { listPools: bind.alone(listPools) };
}

/**
 * Room is counted where the data goes, which is the data pool if there is one. `stored` and `max_avail` are after replication or
 * erasure coding; what the trash holds is in `stored`, so it counts against room and quota.
 */
async function listPools(pool: Pool, call: Call<"listPools">): Promise<readonly PoolFigures[]> {
  const { config } = pool;
  const dataPool = config.dataPool ?? config.pool;
  const [usage, sizes, trash] = await together(pool.facts.poolUsage(call, dataPool), pool.details.sizes(call), trashOf(pool, call));
  const ours = [...sizes].filter(([name]) => isOurImageName(name));
  const provisioned = amount(ours.reduce((sum, [, size]) => sum + size, 0));
  if (usage === undefined) return [{ name: config.pool, total: { kind: "unknown" }, free: { kind: "unknown" }, provisioned, trash }];
  const { storedBytes, maxAvailBytes, quotaBytes } = usage;
  const free = quotaBytes === 0 ? maxAvailBytes : Math.min(maxAvailBytes, Math.max(0, quotaBytes - storedBytes));
  return [
    {
      name: config.pool,
      total: amount(storedBytes + maxAvailBytes),
      free: amount(free),
      provisioned,
      trash,
      ...(quotaBytes > 0 && { quota: { name: dataPool, limitBytes: quotaBytes, usedBytes: storedBytes } }),
    },
  ];
}

async function trashOf(pool: Pool, call: Call): Promise<Amount> {
  const ours = (await pool.trash.list(call)).filter(({ name }) => isOurImageName(name));
  if (ours.length > countedInTrash) return { kind: "unknown" };
  const held = await mapBounded(ours, atOnce, ({ id }) => unless([errno.ENOENT], pool.trash.heldBytes(call, id)));
  return amount(held.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0));
}

/** Beyond 2^53 - 1 a figure is rounded down. */
function amount(bytes: number): Amount {
  if (bytes <= Number.MAX_SAFE_INTEGER) return { kind: "bytes", bytes };
  return { kind: "bytes", bytes: Number.MAX_SAFE_INTEGER, approximate: true };
}
