import * as v from "valibot";
import type { Authored } from "../../facets/authored.js";
import type { DoctorFacet } from "../../facets/doctor.js";
import type { FencingFacet } from "../../facets/fencing.js";
import type { PoolFacet } from "../../facets/pools.js";
import type { ReconcileFacet } from "../../facets/reconcile.js";
import * as schema from "../../schema/facets.js";
import type { FacetKit } from "./facet-kit.js";

/** The request of calls that have none. */
const nothing = v.undefined();

export function poolCalls(kit: FacetKit, facet: Authored<PoolFacet>): PoolFacet {
  const listPools = kit.read({ operation: "listPools", request: nothing, subject: () => "pools", work: (_request, ctx) => facet.listPools(ctx) });
  return { listPools: (options) => listPools(undefined, options) };
}

export function doctorCalls(kit: FacetKit, facet: Authored<DoctorFacet>): DoctorFacet {
  const examine = kit.read({ operation: "examine", request: nothing, subject: () => "backend", work: (_request, ctx) => facet.examine(ctx) });
  return { examine: (options) => examine(undefined, options) };
}

export function reconcileCalls(kit: FacetKit, facet: Authored<ReconcileFacet>): ReconcileFacet {
  const reconcile = kit.change({
    operation: "reconcile",
    request: schema.reconcileRequest,
    subject: () => "backend",
    work: (request, ctx) => facet.reconcile(request, ctx),
  });
  return { reconcile: (request, options) => reconcile(request ?? {}, options) };
}

export function fencingCalls(kit: FacetKit, facet: Authored<FencingFacet>): FencingFacet {
  return {
    fenceHost: kit.change({
      operation: "fenceHost",
      request: schema.hostRequest,
      subject: ({ hostId }) => `host:${hostId}`,
      work: (request, ctx) => facet.fenceHost(request, ctx),
    }),
    unfenceHost: kit.change({
      operation: "unfenceHost",
      request: schema.hostRequest,
      subject: ({ hostId }) => `host:${hostId}`,
      work: (request, ctx) => facet.unfenceHost(request, ctx),
    }),
  };
}
