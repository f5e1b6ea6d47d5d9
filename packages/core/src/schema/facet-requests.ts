import * as v from "valibot";
import { groupIdSchema, groupSnapshotIdSchema, hostIdSchema, snapshotIdSchema, volumeIdSchema } from "./ids.js";
import { pageFields } from "./page.js";
import { bytes, closed, textOf } from "./shapes.js";
import { capacitySchema } from "./volume.js";

/** A caller's name: any text here; what is a name is told by `nameProblem` (SB-NAME-3). */
const name = v.string();

export const volumeIdRequest = closed({ id: volumeIdSchema });

export const createSnapshotRequest = closed({
  name,
  sourceVolumeId: volumeIdSchema,
  freeze: v.optional(closed({ timeoutMs: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(600_000)) })),
});
/** That exactly one is given is told by `requireIdOrName`. */
export const getSnapshotRequest = closed({ id: v.optional(snapshotIdSchema), name: v.optional(name) });
export const listSnapshotsRequest = closed({ sourceVolumeId: v.optional(volumeIdSchema), ...pageFields });
export const snapshotIdRequest = closed({ id: snapshotIdSchema });
export const revertVolumeRequest = closed({ volumeId: volumeIdSchema, snapshotId: snapshotIdSchema });

export const expandVolumeRequest = closed({ id: volumeIdSchema, capacity: capacitySchema });

/** A number sets a limit, `null` lifts it. */
const limit = v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))));
export const modifyVolumeRequest = closed({
  id: volumeIdSchema,
  qos: closed({
    iops: limit,
    readIops: limit,
    writeIops: limit,
    bytesPerSecond: limit,
    readBytesPerSecond: limit,
    writeBytesPerSecond: limit,
  }),
});

export const createGroupRequest = closed({ name, volumeIds: v.array(volumeIdSchema) });
export const groupIdRequest = closed({ id: groupIdSchema });
export const updateGroupRequest = closed({
  id: groupIdSchema,
  add: v.optional(v.array(volumeIdSchema)),
  remove: v.optional(v.array(volumeIdSchema)),
});
export const createGroupSnapshotRequest = closed({ name, groupId: groupIdSchema });
export const groupSnapshotIdRequest = closed({ id: groupSnapshotIdSchema });

export const importVolumeRequest = closed({ reference: textOf(1, 1024), name });
export const undeleteVolumeRequest = closed({ id: volumeIdSchema, name: v.optional(name) });
export const reconcileRequest = closed({ repair: v.optional(v.boolean()) });
export const hostRequest = closed({ hostId: hostIdSchema });

export const changedBlocksRequest = closed({
  volumeId: volumeIdSchema,
  fromSnapshotId: v.optional(snapshotIdSchema),
  toSnapshotId: snapshotIdSchema,
  startOffsetBytes: v.optional(bytes),
  detail: v.optional(v.picklist(["block", "object"])),
});
