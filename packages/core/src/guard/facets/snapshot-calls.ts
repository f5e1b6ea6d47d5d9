import type { Authored } from "../../facets/authored.js";
import type { StorageBackend } from "../../driver/storage-backend.js";
import type { SnapshotFacet } from "../../facets/snapshots.js";
import * as requests from "../../schema/facet-requests.js";
import * as results from "../../schema/facet-results.js";
import { volumeSchema } from "../../schema/volume.js";
import { requireIdOrName } from "../check-name.js";
import type { DriverParts } from "../driver-parts.js";
import type { FacetKit } from "./facet-kit.js";
import { whileFrozen } from "./while-frozen.js";

export function snapshotCalls(kit: FacetKit, facet: Authored<SnapshotFacet>, parts: DriverParts, backend: StorageBackend): SnapshotFacet {
  return {
    createSnapshot: kit.change({
      operation: "createSnapshot",
      request: requests.createSnapshotRequest,
      subject: ({ name }) => `snapshot-name:${name}`,
      result: results.snapshotSchema,
      work: ({ freeze, ...request }, ctx) =>
        freeze === undefined
          ? facet.createSnapshot(request, ctx)
          : whileFrozen(parts, backend, { volumeId: request.sourceVolumeId, ...freeze }, ctx, (inner) => facet.createSnapshot(request, inner)),
    }),
    getSnapshot: kit.read({
      operation: "getSnapshot",
      request: requests.getSnapshotRequest,
      subject: ({ id, name }) => id ?? name ?? "",
      result: results.snapshotSchema,
      work: async (request, ctx) => facet.getSnapshot(requireIdOrName(request, ctx), ctx),
    }),
    listSnapshots: kit.list({
      operation: "listSnapshots",
      request: requests.listSnapshotsRequest,
      what: "snapshot",
      item: results.snapshotSchema,
      work: (request, ctx) => facet.listSnapshotPage(request, ctx),
    }),
    deleteSnapshot: kit.change({
      operation: "deleteSnapshot",
      request: requests.snapshotIdRequest,
      subject: ({ id }) => `snapshot:${id}`,
      work: (request, ctx) => facet.deleteSnapshot(request, ctx),
    }),
    revertVolume: kit.change({
      operation: "revertVolume",
      request: requests.revertVolumeRequest,
      subject: ({ volumeId }) => `volume:${volumeId}`,
      result: volumeSchema,
      work: (request, ctx) => facet.revertVolume(request, ctx),
    }),
  };
}
