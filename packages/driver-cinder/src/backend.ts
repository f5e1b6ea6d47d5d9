import type { BackendWith, CallContext, Operation } from "@opensds/core";
import { connectVolume } from "./attachments/connect-volume.js";
import { disconnectVolume } from "./attachments/disconnect-volume.js";
import { listConnections } from "./attachments/list-connections.js";
import { openCall, type Call } from "./call.js";
import { createVolume } from "./volumes/create-volume.js";
import { deleteVolume } from "./volumes/delete-volume.js";
import { examine } from "./care/doctor.js";
import { toSouthbound } from "./errors.js";
import { expandVolume } from "./volumes/expansion.js";
import { readFormat, writeFormat } from "./attachments/formats.js";
import { getVolume } from "./volumes/get-volume.js";
import { createGroup } from "./groups/create-group.js";
import { deleteGroup } from "./groups/delete-group.js";
import { createGroupSnapshot, deleteGroupSnapshot, getGroupSnapshot } from "./groups/group-snapshots.js";
import { getGroup, listGroupPage, updateGroup } from "./groups/groups.js";
import { getHealth } from "./care/health.js";
import { importVolume, listImportablePage, unmanageVolume } from "./volumes/imports.js";
import { listVolumePage } from "./volumes/list-volumes.js";
import { getQos, modifyVolume } from "./volumes/qos.js";
import { cinderManifest } from "./manifest.js";
import { listPools } from "./care/pools.js";
import type { Project } from "./project.js";
import { reconcile } from "./care/reconcile.js";
import { revertVolume } from "./snapshots/revert.js";
import { createSnapshot, deleteSnapshot, getSnapshot, listSnapshotPage } from "./snapshots/snapshots.js";

type Work<Request, Op extends Operation, Value> = (project: Project, request: Request, call: Call<Op>) => Promise<Value>;

/** What every project can do, whatever the user's rights and Cinder's version, and what depends on the configuration. */
export const facets = {
  always: ["snapshots", "sources", "expansion", "pools", "imports", "health", "reconciliation", "doctor"],
  maybe: ["qos", "groups"],
} as const;

/** The backend of one project. */
export function createBackend(project: Project): BackendWith<(typeof facets.always)[number], (typeof facets.maybe)[number]> {
  const bind =
    <Request, Op extends Operation, Value>(work: Work<Request, Op, Value>) =>
    async (request: Request, ctx: CallContext<Op>): Promise<Value> => {
      const call = openCall(ctx);
      try {
        return await work(project, request, call);
      } catch (thrown) {
        throw await toSouthbound(call, project, thrown);
      }
    };
  const ask = <Op extends Operation, Value>(work: (project: Project, call: Call<Op>) => Promise<Value>) => {
    const bound = bind((project_, _: undefined, call: Call<Op>) => work(project_, call));
    return (ctx: CallContext<Op>): Promise<Value> => bound(undefined, ctx);
  };
  return {
    manifest: cinderManifest(project),
    createVolume: bind(createVolume),
    getVolume: bind(getVolume),
    listVolumePage: bind(listVolumePage),
    deleteVolume: bind(deleteVolume),
    connectVolume: bind(connectVolume),
    disconnectVolume: bind(disconnectVolume),
    listConnections: bind(listConnections),
    readFormat: bind(readFormat),
    writeFormat: bind(writeFormat),
    snapshots: {
      createSnapshot: bind(createSnapshot),
      getSnapshot: bind(getSnapshot),
      listSnapshotPage: bind(listSnapshotPage),
      deleteSnapshot: bind(deleteSnapshot),
      revertVolume: bind(revertVolume),
    },
    sources: { kinds: ["snapshot", "volume"] },
    expansion: { expandVolume: bind(expandVolume) },
    pools: { listPools: ask(listPools) },
    ...(Object.keys(project.config.qosTypes).length > 0 && { qos: { modifyVolume: bind(modifyVolume), getQos: bind(getQos) } }),
    ...(project.config.groupType !== undefined && {
      groups: {
        createGroup: bind(createGroup),
        getGroup: bind(getGroup),
        listGroupPage: bind(listGroupPage),
        updateGroup: bind(updateGroup),
        deleteGroup: bind(deleteGroup),
        createGroupSnapshot: bind(createGroupSnapshot),
        getGroupSnapshot: bind(getGroupSnapshot),
        deleteGroupSnapshot: bind(deleteGroupSnapshot),
      },
    }),
    imports: { listImportablePage: bind(listImportablePage), importVolume: bind(importVolume), unmanageVolume: bind(unmanageVolume) },
    health: { getHealth: bind(getHealth) },
    reconciliation: { reconcile: bind(reconcile) },
    doctor: { examine: ask(examine) },
    close: () => {
      project.http.close();
      return Promise.resolve();
    },
  };
}
