import type { Authored } from "../../facets/authored.js";
import type { SnapshotFacet } from "../../facets/snapshots.js";
import * as schema from "../../schema/facets.js";
import { volumeSchema } from "../../schema/volume.js";
import type { FacetKit } from "./facet-kit.js";

export function snapshotCalls(kit: FacetKit, facet: Authored<SnapshotFacet>): SnapshotFacet {
  return {
    createSnapshot: kit.change({
      operation: "createSnapshot",
      request: schema.createSnapshotRequest,
      subject: ({ name }) => `snapshot-name:${name}`,
      result: schema.snapshotSchema,
      work: (request, ctx) => facet.createSnapshot(request, ctx),
    }),
    getSnapshot: kit.read({
      operation: "getSnapshot",
      request: schema.getSnapshotRequest,
      subject: ({ id, name }) => id ?? name,
      result: schema.snapshotSchema,
      work: (request, ctx) => facet.getSnapshot(request, ctx),
    }),
    listSnapshots: kit.list({
      operation: "listSnapshots",
      request: schema.listSnapshotsRequest,
      work: (request, ctx) => facet.listSnapshotPage(request, ctx),
    }),
    deleteSnapshot: kit.change({
      operation: "deleteSnapshot",
      request: schema.snapshotIdRequest,
      subject: ({ id }) => `snapshot:${id}`,
      work: (request, ctx) => facet.deleteSnapshot(request, ctx),
    }),
    revertVolume: kit.change({
      operation: "revertVolume",
      request: schema.revertVolumeRequest,
      subject: ({ volumeId }) => `volume:${volumeId}`,
      result: volumeSchema,
      work: (request, ctx) => facet.revertVolume(request, ctx),
    }),
  };
}
