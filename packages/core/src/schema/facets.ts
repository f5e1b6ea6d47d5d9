import * as v from "valibot";
import { groupId, groupSnapshotId } from "../facets/groups.js";
import { snapshotId, type Snapshot } from "../facets/snapshots.js";
import { nameProblem } from "../guard/names.js";
import { hostId, volumeId } from "../model/ids.js";
import { idText } from "./ids.js";
import { volumeSchema } from "./volume.js";

const volume = v.pipe(idText, v.transform(volumeId));
const snapshot = v.pipe(idText, v.transform(snapshotId));
const group = v.pipe(idText, v.transform(groupId));
const groupSnapshot = v.pipe(idText, v.transform(groupSnapshotId));

/** A caller's name; the rule is more than a shape, so it is a function. */
const name = v.pipe(
  v.string(),
  v.check((text) => nameProblem(text) === undefined, (issue) => nameProblem(issue.input) ?? "is no name"),
);

const page = {
  pageSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
  startToken: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(4096))),
};

const capacity = v.strictObject({ requiredBytes: v.optional(v.number()), limitBytes: v.optional(v.number()) });

export const volumeIdRequest = v.strictObject({ id: volume });
export const createSnapshotRequest = v.strictObject({ name, sourceVolumeId: volume });
export const getSnapshotRequest = v.union([
  v.strictObject({ id: snapshot, name: v.optional(v.undefined()) }),
  v.strictObject({ name, id: v.optional(v.undefined()) }),
]);
export const listSnapshotsRequest = v.strictObject({ sourceVolumeId: v.optional(volume), ...page });
export const snapshotIdRequest = v.strictObject({ id: snapshot });
export const revertVolumeRequest = v.strictObject({ volumeId: volume, snapshotId: snapshot });
export const expandVolumeRequest = v.strictObject({ id: volume, capacity });
export const pageRequest = v.strictObject(page);

const limit = v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))));
export const modifyVolumeRequest = v.strictObject({
  id: volume,
  qos: v.strictObject({
    iops: limit,
    readIops: limit,
    writeIops: limit,
    bytesPerSecond: limit,
    readBytesPerSecond: limit,
    writeBytesPerSecond: limit,
  }),
});

export const createGroupRequest = v.strictObject({ name, volumeIds: v.array(volume) });
export const groupIdRequest = v.strictObject({ id: group });
export const updateGroupRequest = v.strictObject({ id: group, add: v.optional(v.array(volume)), remove: v.optional(v.array(volume)) });
export const createGroupSnapshotRequest = v.strictObject({ name, groupId: group });
export const groupSnapshotIdRequest = v.strictObject({ id: groupSnapshot });

export const importVolumeRequest = v.strictObject({ reference: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)), name });
export const undeleteVolumeRequest = v.strictObject({ id: volume, name: v.optional(name) });
export const reconcileRequest = v.strictObject({ repair: v.optional(v.boolean()) });
export const hostRequest = v.strictObject({ hostId: v.pipe(idText, v.transform(hostId)) });

export const changedBlocksRequest = v.strictObject({
  volumeId: volume,
  fromSnapshotId: v.optional(snapshot),
  toSnapshotId: snapshot,
  startOffsetBytes: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  detail: v.optional(v.picklist(["block", "object"])),
});

export const snapshotSchema: v.GenericSchema<unknown, Snapshot> = v.object({
  id: snapshot,
  name: v.string(),
  sourceVolumeId: volume,
  sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  readyToUse: v.boolean(),
  createdAt: v.string(),
});

export const expandVolumeResult = v.object({ volume: volumeSchema, hostStep: v.picklist(["none", "required"]) });
