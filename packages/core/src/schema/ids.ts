import * as v from "valibot";
import { groupId, groupSnapshotId } from "../facets/groups.js";
import { snapshotId } from "../facets/snapshots.js";
import { attachmentId, hostId, volumeId } from "../model/ids.js";

/** Ids are opaque: 1 to 128 printable ASCII characters (SB-ID-1). */
const idText = v.pipe(v.string(), v.regex(/^[!-~]{1,128}$/, "is no id: 1 to 128 printable ASCII characters"));

export const volumeIdSchema = v.pipe(idText, v.transform(volumeId));
export const attachmentIdSchema = v.pipe(idText, v.transform(attachmentId));
export const hostIdSchema = v.pipe(idText, v.transform(hostId));
export const snapshotIdSchema = v.pipe(idText, v.transform(snapshotId));
export const groupIdSchema = v.pipe(idText, v.transform(groupId));
export const groupSnapshotIdSchema = v.pipe(idText, v.transform(groupSnapshotId));
