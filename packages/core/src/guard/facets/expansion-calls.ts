import type { AuthoredExpansion } from "../../facets/authored.js";
import type { ExpansionFacet } from "../../facets/expansion.js";
import type { Host } from "../../host/host.js";
import { attachmentRecordSchema } from "../../schema/attachment.js";
import * as requests from "../../schema/facet-requests.js";
import * as results from "../../schema/facet-results.js";
import { within } from "../attach-calls.js";
import { resolveCapacity } from "../capacity.js";
import type { BackendManifest } from "../../driver/manifest.js";
import type { FacetKit } from "./facet-kit.js";

export function expansionCalls(kit: FacetKit, facet: AuthoredExpansion, manifest: BackendManifest, host: Host): ExpansionFacet {
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
    growAttachment: kit.change({
      operation: "growAttachment",
      request: attachmentRecordSchema,
      subject: ({ attachment }) => `volume:${attachment.volumeId}`,
      work: async (record, ctx) => {
        const { volumeId, hostId } = record.attachment;
        if (hostId === host.hostId) return host.exclusively(volumeId, within(ctx), () => host.grow(record, within(ctx)));
        const message = `the attachment is host ${hostId}'s and this is ${host.hostId}; grow it there`;
        throw ctx.fail("FAILED_PRECONDITION", "attachment-on-other-host", message, { outcome: "none" });
      },
    }),
  };
}
