import type { Authored } from "../../facets/authored.js";
import type { GroupFacet } from "../../facets/groups.js";
import * as schema from "../../schema/facets.js";
import type { FacetKit } from "./facet-kit.js";

export function groupCalls(kit: FacetKit, facet: Authored<GroupFacet>): GroupFacet {
  return {
    createGroup: kit.change({
      operation: "createGroup",
      request: schema.createGroupRequest,
      subject: ({ name }) => `group-name:${name}`,
      work: (request, ctx) => facet.createGroup(request, ctx),
    }),
    getGroup: kit.read({
      operation: "getGroup",
      request: schema.groupIdRequest,
      subject: ({ id }) => id,
      work: (request, ctx) => facet.getGroup(request, ctx),
    }),
    listGroups: kit.list({
      operation: "listGroups",
      request: schema.pageRequest,
      work: (request, ctx) => facet.listGroupPage(request, ctx),
    }),
    updateGroup: kit.change({
      operation: "updateGroup",
      request: schema.updateGroupRequest,
      subject: ({ id }) => `group:${id}`,
      work: (request, ctx) => facet.updateGroup(request, ctx),
    }),
    deleteGroup: kit.change({
      operation: "deleteGroup",
      request: schema.groupIdRequest,
      subject: ({ id }) => `group:${id}`,
      work: (request, ctx) => facet.deleteGroup(request, ctx),
    }),
    createGroupSnapshot: kit.change({
      operation: "createGroupSnapshot",
      request: schema.createGroupSnapshotRequest,
      subject: ({ name }) => `group-snapshot-name:${name}`,
      work: (request, ctx) => facet.createGroupSnapshot(request, ctx),
    }),
    getGroupSnapshot: kit.read({
      operation: "getGroupSnapshot",
      request: schema.groupSnapshotIdRequest,
      subject: ({ id }) => id,
      work: (request, ctx) => facet.getGroupSnapshot(request, ctx),
    }),
    deleteGroupSnapshot: kit.change({
      operation: "deleteGroupSnapshot",
      request: schema.groupSnapshotIdRequest,
      subject: ({ id }) => `group-snapshot:${id}`,
      work: (request, ctx) => facet.deleteGroupSnapshot(request, ctx),
    }),
  };
}
