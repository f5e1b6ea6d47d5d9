import { GiB, type Amount, type Pool } from "@opensds/core";
import * as v from "valibot";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { failedWith } from "../transport/failure.js";
import { decode } from "../transport/shapes.js";

const limitsShape = v.object({ limits: v.object({ absolute: v.record(v.string(), v.number()) }) });
const figure = v.nullish(v.union([v.number(), v.string()]));
const poolsShape = v.object({
  pools: v.array(
    v.object({
      name: v.string(),
      capabilities: v.nullish(v.object({ total_capacity_gb: figure, free_capacity_gb: figure, provisioned_capacity_gb: figure })),
    }),
  ),
});

const unknown: Amount = { kind: "unknown" };

/** Cinder's pools, where the user may see them. Ordinary users may not: they have one pool, their project, whose quota is its size. */
export async function listPools(project: Project, call: Call<"listPools">): Promise<readonly Pool[]> {
  try {
    const answer = await project.api(call, { method: "GET", path: "/scheduler-stats/get_pools", query: { detail: "true" } });
    return decode("GET /scheduler-stats/get_pools", answer, poolsShape).pools.map(({ name, capabilities }) => ({
      name,
      total: amountOf(capabilities?.total_capacity_gb),
      free: amountOf(capabilities?.free_capacity_gb),
      // What Cinder's services last told: it does not follow each new volume at once.
      provisioned: unknown,
      trash: { kind: "bytes", bytes: 0 },
    }));
  } catch (thrown) {
    if (!failedWith(thrown, 403)) throw thrown;
    call.ctx.log.debug(`listPools: ${thrown.detail}; the project's quota is told instead`);
    return [await projectPool(project, call)];
  }
}

async function projectPool(project: Project, call: Call<"listPools">): Promise<Pool> {
  const answer = await project.api(call, { method: "GET", path: "/limits" });
  const { absolute } = decode("GET /limits", answer, limitsShape).limits;
  const [limit, used] = [absolute["maxTotalVolumeGigabytes"], absolute["totalGigabytesUsed"]];
  const provisioned: Amount = used === undefined ? unknown : bytes(used);
  const base = { name: `project ${project.name}`, total: unknown, free: unknown, provisioned, trash: { kind: "bytes", bytes: 0 } } as const;
  if (limit === undefined || limit < 0 || used === undefined) return base;
  return { ...base, quota: { name: "gigabytes", limitBytes: limit * GiB, usedBytes: used * GiB } };
}

/** A number of GiB, or `infinite`, or `unknown`. */
function amountOf(value: number | string | null | undefined): Amount {
  if (value === "infinite") return { kind: "infinite" };
  return typeof value === "number" ? bytes(value) : unknown;
}

function bytes(gibibytes: number): Amount {
  const exact = Math.floor(gibibytes * GiB);
  return exact <= Number.MAX_SAFE_INTEGER ? { kind: "bytes", bytes: exact } : { kind: "bytes", bytes: Number.MAX_SAFE_INTEGER, approximate: true };
}
