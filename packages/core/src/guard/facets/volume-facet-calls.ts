import type { Authored } from "../../facets/authored.js";
import type { HealthFacet } from "../../facets/health.js";
import type { ImportFacet } from "../../facets/import.js";
import type { QosFacet } from "../../facets/qos.js";
import type { TrashFacet } from "../../facets/trash.js";
import * as requests from "../../schema/facet-requests.js";
import * as results from "../../schema/facet-results.js";
import { pageRequest } from "../../schema/page.js";
import { volumeSchema } from "../../schema/volume.js";
import type { FacetKit } from "./facet-kit.js";

export function qosCalls(kit: FacetKit, facet: Authored<QosFacet>): QosFacet {
  return {
    modifyVolume: kit.change({
      operation: "modifyVolume",
      request: requests.modifyVolumeRequest,
      subject: ({ id }) => `volume:${id}`,
      result: results.qosLimitsSchema,
      work: (request, ctx) => facet.modifyVolume(request, ctx),
    }),
    getQos: kit.read({
      operation: "getQos",
      request: requests.volumeIdRequest,
      subject: ({ id }) => id,
      result: results.qosLimitsSchema,
      work: (request, ctx) => facet.getQos(request, ctx),
    }),
  };
}

export function importCalls(kit: FacetKit, facet: Authored<ImportFacet>): ImportFacet {
  return {
    listImportable: kit.list({
      operation: "listImportable",
      request: pageRequest,
      what: "importable volume",
      item: results.importableSchema,
      work: (request, ctx) => facet.listImportablePage(request, ctx),
    }),
    importVolume: kit.change({
      operation: "importVolume",
      request: requests.importVolumeRequest,
      subject: ({ name }) => `name:${name}`,
      result: volumeSchema,
      work: (request, ctx) => facet.importVolume(request, ctx),
    }),
    unmanageVolume: kit.change({
      operation: "unmanageVolume",
      request: requests.volumeIdRequest,
      subject: ({ id }) => `volume:${id}`,
      work: (request, ctx) => facet.unmanageVolume(request, ctx),
    }),
  };
}

export function trashCalls(kit: FacetKit, facet: Authored<TrashFacet>): TrashFacet {
  return {
    listTrash: kit.list({
      operation: "listTrash",
      request: pageRequest,
      what: "deleted volume",
      item: results.trashedVolumeSchema,
      work: (request, ctx) => facet.listTrashPage(request, ctx),
    }),
    undeleteVolume: kit.change({
      operation: "undeleteVolume",
      request: requests.undeleteVolumeRequest,
      subject: ({ id }) => `volume:${id}`,
      result: volumeSchema,
      work: (request, ctx) => facet.undeleteVolume(request, ctx),
    }),
    purgeVolume: kit.change({
      operation: "purgeVolume",
      request: requests.volumeIdRequest,
      subject: ({ id }) => `volume:${id}`,
      work: (request, ctx) => facet.purgeVolume(request, ctx),
    }),
  };
}

export function healthCalls(kit: FacetKit, facet: Authored<HealthFacet>): HealthFacet {
  return {
    getHealth: kit.read({
      operation: "getHealth",
      request: requests.volumeIdRequest,
      subject: ({ id }) => id,
      result: results.volumeHealthSchema,
      work: (request, ctx) => facet.getHealth(request, ctx),
    }),
  };
}
