import { createHash, randomBytes } from "node:crypto";
import { groupId, groupSnapshotId, type GroupId, type GroupSnapshotId } from "@opensds/core";
import { slotOf, type Claim } from "../records/name-register.js";
import { prefixOf, type Place } from "../records/volume-id.js";

/*
 * RBD's names of groups and of their snapshots are made of keys of ours, which are never used again: a command that comes late does
 * nothing to a later group of the same name. The callers' names stand in registers; see name-register.ts.
 */

const groupVersion = "ceph1g";
const cutVersion = "ceph1c";
const groupPrefix = "opensds-group.";
const cutPrefix = "opensds-cut.";
const key = "[0-9a-f]{16}";

/** A new key: the slot of the name, so that the register can be read from the key, and 14 random hexadecimal digits. */
export const newKey = (name: string): string => slotOf(name) + randomBytes(7).toString("hex");

/** The slot of the register in which a key's name stands. */
export const slotOfKey = (ofKey: string): string => ofKey.slice(0, 2);

export const groupNameOf = (groupKey: string): string => groupPrefix + groupKey;
export const cutNameOf = (cutKey: string): string => cutPrefix + cutKey;

/** The key in RBD's name of a group; undefined for a group of another tool's. */
export const groupKeyOf = (rbdName: string): string | undefined => new RegExp(`^${groupPrefix}(${key})$`).exec(rbdName)?.[1];
/** The key in RBD's name of a group's snapshot; undefined for one of another tool's. */
export const cutKeyOf = (rbdName: string): string | undefined => new RegExp(`^${cutPrefix}(${key})$`).exec(rbdName)?.[1];

export const groupIdOf = (place: Place, groupKey: string): GroupId => groupId(prefixOf(groupVersion, place) + groupKey);

/** The key in a group's id, or undefined when it is of another place or of no known form. */
export function groupKeyIn(place: Place, id: GroupId): string | undefined {
  const prefix = prefixOf(groupVersion, place);
  return id.startsWith(prefix) ? new RegExp(`^${key}$`).exec(id.slice(prefix.length))?.[0] : undefined;
}

/** The keys of a group's snapshot: its group's and its own. */
export interface CutKeys {
  readonly groupKey: string;
  readonly cutKey: string;
}

export const cutIdOf = (place: Place, { groupKey, cutKey }: CutKeys): GroupSnapshotId => groupSnapshotId(`${prefixOf(cutVersion, place)}${groupKey}.${cutKey}`);

/** The keys in a group snapshot's id, or undefined when it is of another place or of no known form. */
export function cutKeysIn(place: Place, id: GroupSnapshotId): CutKeys | undefined {
  const prefix = prefixOf(cutVersion, place);
  return id.startsWith(prefix) ? cutKeysOf(id.slice(prefix.length)) : undefined;
}

/** Who holds the name of a group's snapshot, as claims on it say. */
export const cutHolder = ({ groupKey, cutKey }: CutKeys): string => `${groupKey}.${cutKey}`;

/** What a claim on the name of a group's snapshot says. */
export function cutKeysOf(holder: string): CutKeys | undefined {
  const [, groupKey, cutKey] = new RegExp(`^(${key})\\.(${key})$`).exec(holder) ?? [];
  return groupKey === undefined || cutKey === undefined ? undefined : { groupKey, cutKey };
}

/** Who holds the name of a group: its key, and a hash of the members that it was asked for with. */
export const groupHolder = (groupKey: string, imageIds: readonly string[]): string => `${groupKey}.${membersHash(imageIds)}`;

/** A hash of a set of members. */
export const membersHash = (imageIds: readonly string[]): string =>
  createHash("sha256").update([...new Set(imageIds)].sort().join(" ")).digest("hex").slice(0, 32);

/** The group key of a claim on a group's name. */
export const keyOfClaim = ({ holder }: Claim): string => holder.split(".")[0] ?? "";
