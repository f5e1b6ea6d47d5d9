import * as v from "valibot";
import type { Authored } from "../../facets/authored.js";
import type { DoctorFacet } from "../../facets/doctor.js";
import type { FencingFacet } from "../../facets/fencing.js";
import type { PoolFacet } from "../../facets/pools.js";
import type { ReconcileFacet } from "../../facets/reconcile.js";
import * as requests from "../../schema/facet-requests.js";
import * as results from "../../schema/facet-results.js";
import type { FacetKit } from "./facet-kit.js";

/** The request of calls that have none. */
const nothing = v.undefined();

export function poolCalls(kit: FacetKit, facet: Authored<PoolFacet>): PoolFacet {
  const listPools = kit.read({
    operation: "listPools",
    request: nothing,
    subject: () => "pools",
    result: v.array(results.poolSchema),
    work: (_request, ctx) => facet.listPools(ctx),
  });
  return { listPools: (options) => listPools(undefined, options) };
}

export function doctorCalls(kit: FacetKit, facet: Authored<DoctorFacet>): DoctorFacet {
  const examine = kit.read({
    operation: "examine",
    request: nothing,
    subject: () => "backend",
    result: v.array(results.findingSchema),
    work: (_request, ctx) => facet.examine(ctx),
  });
  return { examine: (options) => examine(undefined, options) };
}

export function reconcileCalls(kit: FacetKit, facet: Authored<ReconcileFacet>): ReconcileFacet {
  const reconcile = kit.change({
    operation: "reconcile",
    request: requests.reconcileRequest,
    subject: () => "backend",
    result: v.array(results.orphanSchema),
    work: (request, ctx) => facet.reconcile(request, ctx),
  });
  return { reconcile: (request, options) => reconcile(request ?? {}, options) };
}

export function fencingCalls(kit: FacetKit, facet: Authored<FencingFacet>): FencingFacet {
  return {
    fenceHost: kit.change({
      operation: "fenceHost",
      request: requests.hostRequest,
      subject: ({ hostId }) => `host:${hostId}`,
      result: results.fenceResultSchema,
      work: (request, ctx) => facet.fenceHost(request, ctx),
    }),
    unfenceHost: kit.change({
      operation: "unfenceHost",
      request: requests.hostRequest,
      subject: ({ hostId }) => `host:${hostId}`,
      work: (request, ctx) => facet.unfenceHost(request, ctx),
    }),
  };
}
