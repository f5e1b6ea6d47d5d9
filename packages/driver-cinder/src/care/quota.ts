import { GiB, isMutating, type CallContext, type SouthboundError } from "@opensds/core";
import * as v from "valibot";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { HttpFailure } from "../transport/failure.js";

const limitsShape = v.object({ limits: v.object({ absolute: v.record(v.string(), v.number()) }) });

/** The names under which `/limits` has each quota, and what is used of it. */
const limitNames: Readonly<Record<string, readonly [limit: string, used: string]>> = {
  volumes: ["maxTotalVolumes", "totalVolumesUsed"],
  gigabytes: ["maxTotalVolumeGigabytes", "totalGigabytesUsed"],
  snapshots: ["maxTotalSnapshots", "totalSnapshotsUsed"],
};

/** The error for a used-up quota, with its name and numbers; undefined when the failure is another. */
export async function explainQuota(call: Call, project: Project | undefined, failure: HttpFailure): Promise<SouthboundError | undefined> {
  const { ctx } = call;
  if (failure.status !== 413 || !mayExhaust(ctx)) return undefined;
  const tooLarge = /larger than maximum allowed limit (\d+)G/u.exec(failure.detail)?.[1];
  const common = { outcome: "none", cause: failure } as const;
  if (tooLarge !== undefined) {
    const limitBytes = Number(tooLarge) * GiB;
    return ctx.fail("RESOURCE_EXHAUSTED", "quota-exceeded", `the quota per_volume_gigabytes lets no volume be larger than ${tooLarge} GiB; ask for less, or have it raised`, {
      ...common,
      details: { quota: "per_volume_gigabytes", limit: Number(tooLarge), limitBytes, unit: "GiB", requestId: failure.requestId },
    });
  }
  const quota = quotaIn(failure.detail);
  if (quota === undefined) return undefined;
  const numbers = { ...numbersIn(failure.detail), ...(await readLimits(call, project, quota)) };
  const told = numbers.limit === undefined ? "" : ` (${numbers.used ?? "?"} of ${numbers.limit} used)`;
  return ctx.fail("RESOURCE_EXHAUSTED", "quota-exceeded", `the project's quota ${quota} is used up${told}: ${failure.message}; delete something, or have it raised`, {
    ...common,
    details: { quota, ...numbers, ...(quota === "gigabytes" && { unit: "GiB" }), requestId: failure.requestId },
  });
}

function mayExhaust(ctx: CallContext): ctx is CallContext<"createVolume"> {
  return isMutating(ctx.operation);
}

function quotaIn(detail: string): string | undefined {
  const named = /quota '([^']+)'/u.exec(detail)?.[1];
  if (named !== undefined) return named;
  if (/allowed gigabytes quota|GigabytesLimit/iu.test(detail)) return "gigabytes";
  if (detail.includes('SnapshotLimit')) return "snapshots";
  if (detail.includes('VolumeLimit')) return "volumes";
  return undefined;
}

interface Numbers {
  readonly limit?: number;
  readonly used?: number;
  readonly requested?: number;
}

function numbersIn(detail: string): Numbers {
  const gigabytes = /Requested (\d+)G, quota is (\d+)G and (\d+)G has been consumed/u.exec(detail);
  if (gigabytes !== null) return { requested: Number(gigabytes[1]), limit: Number(gigabytes[2]), used: Number(gigabytes[3]) };
  const count = /allowed \((\d+)\)/u.exec(detail)?.[1];
  return count === undefined ? {} : { limit: Number(count) };
}

/** Cinder's refusals do not say how much is used. What cannot be asked is left out: the quota is used up all the same. */
async function readLimits(call: Call, project: Project | undefined, quota: string): Promise<Numbers> {
  const names = limitNames[quota];
  if (project === undefined || names === undefined) return {};
  try {
    const answer = await project.api(call, { method: "GET", path: "/limits" });
    const absolute = v.parse(limitsShape, answer.json).limits.absolute;
    const [limit, used] = [absolute[names[0]], absolute[names[1]]];
    return { ...(limit !== undefined && limit >= 0 && { limit }), ...(used !== undefined && { used }) };
  } catch (thrown) {
    if (thrown instanceof HttpFailure || v.isValiError(thrown)) return {};
    throw thrown;
  }
}
