import type { AuthoredExpansion } from "../../facets/authored.js";
import type { ExpansionFacet } from "../../facets/expansion.js";
import * as requests from "../../schema/facet-requests.js";
import * as results from "../../schema/facet-results.js";
import { resolveCapacity } from "../capacity.js";
import type { BackendManifest } from "../../driver/manifest.js";
import type { FacetKit } from "./facet-kit.js";

export function expansionCalls(kit: FacetKit, facet: AuthoredExpansion, manifest: BackendManifest): ExpansionFacet {
  return {
    expandVolume: kit.change({
      operation: "expandVolume",
      request: requests.expandVolumeRequest,
      subject: ({ id }) => `volume:${id}`,
      result: results.expandVolumeResult,
      work: (request, ctx) => {
        const size = resolveCapacity(request.capacity, manifest.limits);
        if ("problem" in size) {
          const reason = size.code === "OUT_OF_RANGE" ? "size-out-of-range" : "bad-size";
          throw ctx.fail(size.code, reason, `expandVolume: ${size.problem}`, { outcome: "none" });
        }
        return facet.expandVolume({ ...request, sizeBytes: size.sizeBytes }, ctx);
      },
    }),
  };
}
