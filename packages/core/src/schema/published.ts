import type * as v from "valibot";
import { attachVolumeSchema, connectVolumeSchema, disconnectVolumeSchema, listAttachmentsSchema } from "./attach-requests.js";
import { attachmentRecordSchema, attachmentSchema, connectorFactsSchema } from "./attachment.js";
import { errorWireSchema } from "./error-wire.js";
import * as requests from "./facet-requests.js";
import * as results from "./facet-results.js";
import { driverManifestSchema } from "./manifest.js";
import { formatRecordSchema, listMountsSchema, mountRecordSchema, mountVolumeSchema } from "./mount.js";
import { pageRequest } from "./page.js";
import { createVolumeSchema, deleteVolumeSchema, getVolumeSchema, volumeSchema } from "./volume.js";

/** A schema that the package publishes as `@opensds/core/schema/<name>.json`. */
export interface PublishedSchema {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly schema: v.GenericSchema;
}

const request = (operation: string, schema: v.GenericSchema, beyond = ""): PublishedSchema => ({
  name: `${operation.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-request`,
  title: `Request of ${operation}`,
  description: `What ${operation} takes.${beyond === "" ? "" : ` Beyond this schema: ${beyond}`}`,
  schema,
});
const data = (name: string, title: string, description: string, schema: v.GenericSchema): PublishedSchema => ({ name, title, description, schema });

const named = "the name obeys SB-NAME-3.";
const sized = "the capacity obeys SB-SIZE-1 and SB-SIZE-2.";
const either = "exactly one of id and name is given, and a name obeys SB-NAME-3.";

/** Every request, result and record of the contract. */
export const publishedSchemas: readonly PublishedSchema[] = [
  request("createVolume", createVolumeSchema, `${named.slice(0, -1)}, ${sized.slice(0, -1)}, and the parameters are the manifest's (SB-MANIFEST-4).`),
  request("getVolume", getVolumeSchema, either),
  request("listVolumes", pageRequest),
  request("deleteVolume", deleteVolumeSchema),
  request("connectVolume", connectVolumeSchema),
  request("disconnectVolume", disconnectVolumeSchema),
  request("attachVolume", attachVolumeSchema),
  request("listAttachments", listAttachmentsSchema),
  request("mountVolume", mountVolumeSchema, "the directory is an absolute path, and the options are plain."),
  request("listMounts", listMountsSchema),
  request("createSnapshot", requests.createSnapshotRequest, named),
  request("getSnapshot", requests.getSnapshotRequest, either),
  request("listSnapshots", requests.listSnapshotsRequest),
  request("deleteSnapshot", requests.snapshotIdRequest),
  request("revertVolume", requests.revertVolumeRequest),
  request("expandVolume", requests.expandVolumeRequest, sized),
  request("modifyVolume", requests.modifyVolumeRequest),
  request("getQos", requests.volumeIdRequest),
  request("createGroup", requests.createGroupRequest, named),
  request("getGroup", requests.groupIdRequest),
  request("listGroups", pageRequest),
  request("updateGroup", requests.updateGroupRequest),
  request("deleteGroup", requests.groupIdRequest),
  request("createGroupSnapshot", requests.createGroupSnapshotRequest, named),
  request("getGroupSnapshot", requests.groupSnapshotIdRequest),
  request("deleteGroupSnapshot", requests.groupSnapshotIdRequest),
  request("listImportable", pageRequest),
  request("importVolume", requests.importVolumeRequest, named),
  request("unmanageVolume", requests.volumeIdRequest),
  request("listTrash", pageRequest),
  request("undeleteVolume", requests.undeleteVolumeRequest, named),
  request("purgeVolume", requests.volumeIdRequest),
  request("listChangedBlocks", requests.changedBlocksRequest),
  request("getHealth", requests.volumeIdRequest),
  request("reconcile", requests.reconcileRequest),
  request("fenceHost", requests.hostRequest),
  request("unfenceHost", requests.hostRequest),

  data("volume", "Volume", "A volume as its backend describes it at the moment of the call.", volumeSchema),
  data("connector-facts", "Connector facts", "What a host tells a backend about itself.", connectorFactsSchema),
  data("attachment", "Attachment", "That a host has a volume, as the backend records it.", attachmentSchema),
  data("attachment-record", "Attachment record", "What attachVolume returns and detachVolume takes.", attachmentRecordSchema),
  data("mount-record", "Mount record", "What mountVolume returns and unmountVolume takes.", mountRecordSchema),
  data("format-record", "Format record", "That a volume is being, or was, formatted.", formatRecordSchema),
  data("driver-manifest", "Driver manifest", "What an opened backend can do and how much. Beyond this schema: the limits obey SB-MANIFEST-2.", driverManifestSchema),
  data("error", "Error in its wire form", "An error with its chain of causes (SB-ERROR-1).", errorWireSchema),
  data("snapshot", "Snapshot", "What a volume held at one moment.", results.snapshotSchema),
  data("expand-volume-result", "Result of expandVolume", "A volume after it grew, and whether its host must take notice.", results.expandVolumeResult),
  data("pool", "Pool", "A place that volumes are made in, and what is left in it.", results.poolSchema),
  data("qos-limits", "QoS limits", "Ceilings of a volume's traffic; absent ones are not limited.", results.qosLimitsSchema),
  data("volume-group", "Volume group", "Volumes that are cut together.", results.volumeGroupSchema),
  data("group-snapshot", "Group snapshot", "Snapshots of every volume of a group at one moment.", results.groupSnapshotSchema),
  data("importable", "Importable volume", "Something in the backend that other tools made and that could be taken over.", results.importableSchema),
  data("trashed-volume", "Deleted volume", "A deleted volume whose data is not purged yet.", results.trashedVolumeSchema),
  data("changed-extent", "Changed extent", "A run of bytes that may differ between two snapshots.", results.changedExtentSchema),
  data("volume-health", "Volume health", "How a volume fares and what it occupies.", results.volumeHealthSchema),
  data("orphan", "Orphan", "Something that a crash left half-made or half-removed.", results.orphanSchema),
  data("fence-result", "Result of fenceHost", "A fenced host and the attachments that were taken from it.", results.fenceResultSchema),
  data("finding", "Finding", "One thing that the doctor looked at.", results.findingSchema),
];
