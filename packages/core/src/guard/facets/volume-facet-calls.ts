import type { Authored } from "../../facets/authored.js";
import type { HealthFacet } from "../../facets/health.js";
import type { ImportFacet } from "../../facets/import.js";
import type { QosFacet } from "../../facets/qos.js";
import type { TrashFacet } from "../../facets/trash.js";
import * as schema from "../../schema/facets.js";
import { volumeSchema } from "../../schema/volume.js";
import type { FacetKit } from "./facet-kit.js";

export function qosCalls(kit: FacetKit, facet: Authored<QosFacet>): QosFacet {
  return {
    modifyVolume: kit.change({
      operation: "modifyVolume",
      request: schema.modifyVolumeRequest,
      subject: ({ id }) => `volume:${id}`,
      work: (request, ctx) => facet.modifyVolume(request, ctx),
    }),
    getQos: kit.read({
      operation: "getQos",
      request: schema.volumeIdRequest,
      subject: ({ id }) => id,
      work: (request, ctx) => facet.getQos(request, ctx),
    }),
  };
}

export function importCalls(kit: FacetKit, facet: Authored<ImportFacet>): ImportFacet {
  return {
    listImportable: kit.list({
      operation: "listImportable",
      request: schema.pageRequest,
      work: (request, ctx) => facet.listImportablePage(request, ctx),
    }),
    importVolume: kit.change({
      operation: "importVolume",
      request: schema.importVolumeRequest,
      subject: ({ name }) => `name:${name}`,
      result: volumeSchema,
      work: (request, ctx) => facet.importVolume(request, ctx),
    }),
    unmanageVolume: kit.change({
      operation: "unmanageVolume",
      request: schema.volumeIdRequest,
      subject: ({ id }) => `volume:${id}`,
      work: (request, ctx) => facet.unmanageVolume(request, ctx),
    }),
  };
}

export function trashCalls(kit: FacetKit, facet: Authored<TrashFacet>): TrashFacet {
  return {
    listTrash: kit.list({
      operation: "listTrash",
      request: schema.pageRequest,
      work: (request, ctx) => facet.listTrashPage(request, ctx),
    }),
    undeleteVolume: kit.change({
      operation: "undeleteVolume",
      request: schema.undeleteVolumeRequest,
      subject: ({ id }) => `volume:${id}`,
      result: volumeSchema,
      work: (request, ctx) => facet.undeleteVolume(request, ctx),
    }),
    purgeVolume: kit.change({
      operation: "purgeVolume",
      request: schema.volumeIdRequest,
      subject: ({ id }) => `volume:${id}`,
      work: (request, ctx) => facet.purgeVolume(request, ctx),
    }),
  };
}

export function healthCalls(kit: FacetKit, facet: Authored<HealthFacet>): HealthFacet {
  return {
    getHealth: kit.read({
      operation: "getHealth",
      request: schema.volumeIdRequest,
      subject: ({ id }) => id,
      work: (request, ctx) => facet.getHealth(request, ctx),
    }),
  };
}
