import type { GroupSnapshot, GroupSnapshotId, Snapshot } from "@opensds/core";
import { mapBounded, together } from "../bounded.js";
import type { Call } from "../call.js";
import { findGroup, type FoundGroup } from "./find-group.js";
import { cutHolder, cutIdOf, cutKeysIn, cutKeysOf, cutNameOf, groupIdOf, slotOfKey, type CutKeys } from "./group-id.js";
import { claimsIn, type Claim } from "../records/name-register.js";
import type { Pool } from "../pool.js";
import { volumeBytes, type MaybeEncrypted } from "../records/encryption.js";
import { snapshotIdOf } from "../records/snapshot-id.js";
import { errno, unless } from "../transport/command-failure.js";
import type { GroupCut } from "../transport/decode-group.js";
import type { ImageSnapshot } from "../transport/rbd-snapshots.js";
import { volumeIdOf } from "../records/volume-id.js";
import { requestOf } from "../volumes/get-volume.js";

export const cutRegister = "opensds.group-snapshot";
const atOnce = 4;

/** A snapshot of a group, with where RBD has it. */
export interface FoundCut {
  readonly keys: CutKeys;
  readonly name: string;
  readonly group: FoundGroup;
  readonly cut: GroupCut;
}

/** The claims that hold a name for this snapshot of a group. */
export const claimsOfCut = async (pool: Pool, call: Call, keys: CutKeys): Promise<readonly Claim[]> =>
  (await claimsIn(pool, call, cutRegister, slotOfKey(keys.cutKey))).filter(({ holder }) => holder === cutHolder(keys));

/** The snapshot that a claim speaks of, complete or not; undefined when there is none, or its group is none. */
export async function cutOfClaim(pool: Pool, call: Call, { holder, name }: Claim): Promise<FoundCut | undefined> {
  const keys = cutKeysOf(holder);
  const group = keys && (await findGroup(pool, call, groupIdOf(pool.place, keys.groupKey)));
  const cut = keys && group?.cuts.find((one) => one.name === cutNameOf(keys.cutKey));
  return keys && group && cut && { keys, name, group, cut };
}

/** The group's snapshot of an id, or undefined when there is none. */
export async function findCut(pool: Pool, call: Call, id: GroupSnapshotId): Promise<FoundCut | undefined> {
  const keys = cutKeysIn(pool.place, id);
  const [claim] = keys === undefined ? [] : await claimsOfCut(pool, call, keys);
  const found = claim && (await cutOfClaim(pool, call, claim));
  return found?.cut.complete === true ? found : undefined;
}

/** The group's snapshot as callers see it; undefined when it goes meanwhile. */
export async function describeCut(pool: Pool, call: Call, { keys, name, cut }: FoundCut): Promise<GroupSnapshot | undefined> {
  const found = await mapBounded(cut.images, atOnce, async ({ imageId, number }) => {
    const [request, all] = await together(requestOf(pool, call, imageId), unless([errno.ENOENT], pool.snapshots.list(call, imageId)));
    const image = all?.find(({ id }) => id === number);
    return image && memberSnapshot(pool, imageId, image, keys, request ?? {});
  });
  const snapshots = found.filter((one) => one !== undefined);
  if (snapshots.length < cut.images.length) return undefined;
  const createdAt = snapshots.map((one) => one.createdAt).sort().at(-1) ?? new Date(0).toISOString();
  return { id: cutIdOf(pool.place, keys), name, groupId: groupIdOf(pool.place, keys.groupKey), snapshots, readyToUse: true, createdAt };
}

/** The snapshot of one member: part of the group's, and named by its id. */
export function memberSnapshot(pool: Pool, imageId: string, image: ImageSnapshot, { cutKey }: CutKeys, of: MaybeEncrypted): Snapshot {
  const id = snapshotIdOf(pool.place, { imageId, number: image.id, slot: slotOfKey(cutKey) });
  return {
    id,
    name: id,
    sourceVolumeId: volumeIdOf(pool.place, imageId),
    sizeBytes: volumeBytes(image.sizeBytes, of),
    readyToUse: true,
    createdAt: image.createdAt.toISOString(),
  };
}
