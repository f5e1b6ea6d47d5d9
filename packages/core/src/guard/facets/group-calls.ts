import type { Authored } from "../../facets/authored.js";
import type { GroupFacet } from "../../facets/groups.js";
import * as requests from "../../schema/facet-requests.js";
import * as results from "../../schema/facet-results.js";
import { pageRequest } from "../../schema/page.js";
import type { FacetKit } from "./facet-kit.js";

export function groupCalls(kit: FacetKit, facet: Authored<GroupFacet>): GroupFacet {
  return {
    createGroup: kit.change({
      operation: "createGroup",
      request: requests.createGroupRequest,
      subject: ({ name }) => `group-name:${name}`,
      result: results.volumeGroupSchema,
      work: (request, ctx) => facet.createGroup(request, ctx),
    }),
    getGroup: kit.read({
      operation: "getGroup",
      request: requests.groupIdRequest,
      subject: ({ id }) => id,
      result: results.volumeGroupSchema,
      work: (request, ctx) => facet.getGroup(request, ctx),
    }),
    listGroups: kit.list({
      operation: "listGroups",
      request: pageRequest,
      what: "group",
      item: results.volumeGroupSchema,
      work: (request, ctx) => facet.listGroupPage(request, ctx),
    }),
    updateGroup: kit.change({
      operation: "updateGroup",
      request: requests.updateGroupRequest,
      subject: ({ id }) => `group:${id}`,
      result: results.volumeGroupSchema,
      work: (request, ctx) => facet.updateGroup(request, ctx),
    }),
    deleteGroup: kit.change({
      operation: "deleteGroup",
      request: requests.groupIdRequest,
      subject: ({ id }) => `group:${id}`,
      work: (request, ctx) => facet.deleteGroup(request, ctx),
    }),
    createGroupSnapshot: kit.change({
      operation: "createGroupSnapshot",
      request: requests.createGroupSnapshotRequest,
      subject: ({ name }) => `group-snapshot-name:${name}`,
      result: results.groupSnapshotSchema,
      work: (request, ctx) => facet.createGroupSnapshot(request, ctx),
    }),
    getGroupSnapshot: kit.read({
      operation: "getGroupSnapshot",
      request: requests.groupSnapshotIdRequest,
      subject: ({ id }) => id,
      result: results.groupSnapshotSchema,
      work: (request, ctx) => facet.getGroupSnapshot(request, ctx),
    }),
    deleteGroupSnapshot: kit.change({
      operation: "deleteGroupSnapshot",
      request: requests.groupSnapshotIdRequest,
      subject: ({ id }) => `group-snapshot:${id}`,
      work: (request, ctx) => facet.deleteGroupSnapshot(request, ctx),
    }),
  };
}
