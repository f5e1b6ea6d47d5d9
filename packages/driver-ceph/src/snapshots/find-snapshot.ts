import type { CallContext, CodeOf, Operation, Snapshot, SouthboundError } from "@opensds/core";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { findCut, memberSnapshot } from "../groups/find-group-snapshot.js";
import { requestOf } from "../volumes/get-volume.js";
import { cutIdOf, cutKeyOf, groupKeyOf, type CutKeys } from "../groups/group-id.js";
import { volumeBytes, type MaybeEncrypted } from "../records/encryption.js";
import { callerNameIn, hashIn, imageNameOf, isOurImageName } from "../records/image-name.js";
import { claimsIn, claimsOn, slotOf, slotOfHash } from "../records/name-register.js";
import type { Pool } from "../pool.js";
import { snapshotIdOf, snapshotKeyIn } from "../records/snapshot-id.js";
import { errno, unless } from "../transport/command-failure.js";
import type { ImageSnapshot } from "../transport/rbd-snapshots.js";
import { volumeIdOf } from "../records/volume-id.js";

/** A snapshot of ours, with where RBD has it, and how its image is encrypted. */
export interface FoundSnapshot extends MaybeEncrypted {
  readonly snapshot: Snapshot;
  readonly imageId: string;
  readonly image: ImageSnapshot;
}

/** Whether RBD's snapshot is one of ours: an ordinary one under a name of the kind that this driver gives. */
export const isOurs = ({ kind, name }: ImageSnapshot): boolean => kind === "user" && isOurImageName(name);

/** The snapshots of an image, as RBD has them; none when there is no such image. */
export const snapshotsOf = async (pool: Pool, call: Call, imageId: string): Promise<readonly ImageSnapshot[]> =>
  (await unless([errno.ENOENT], pool.snapshots.list(call, imageId))) ?? [];

/** Begins the names of snapshots that are cut only for a moment, to clone a volume from. */
export const helperPrefix = "opensds-clone.";

/** How many snapshots an image has that somebody may want: not those that only clones keep, nor helpers of ours. */
export const countBinding = async (pool: Pool, call: Call, imageId: string): Promise<number> =>
  (await snapshotsOf(pool, call, imageId)).filter(({ kind, name }) => kind !== "trash" && !name.startsWith(helperPrefix)).length;

/** Describes those of an image's snapshots that are ours, also those that are part of a group's. An image that is no volume has none. */
export async function ourSnapshots(pool: Pool, call: Call, imageId: string): Promise<readonly FoundSnapshot[]> {
  const found: FoundSnapshot[] = [];
  const [request, snapshots] = await together(requestOf(pool, call, imageId), snapshotsOf(pool, call, imageId));
  if (request === undefined) return [];
  for (const image of snapshots) {
    const name = isOurs(image) ? await nameOf(pool, call, imageId, image.name) : undefined;
    if (name !== undefined) found.push(describe(pool, imageId, image, name, request));
    const keys = keysOfPart(image);
    if (keys !== undefined && (await findCut(pool, call, cutIdOf(pool.place, keys))) !== undefined) {
      found.push({ snapshot: memberSnapshot(pool, imageId, image, keys, request), imageId, image, encryption: request.encryption });
    }
  }
  return found;
}

/** The group's snapshot that an image's snapshot is part of; undefined where it is part of none of ours. */
function keysOfPart({ groupSnapshot }: ImageSnapshot): CutKeys | undefined {
  const groupKey = groupSnapshot && groupKeyOf(groupSnapshot.group);
  const cutKey = groupSnapshot && cutKeyOf(groupSnapshot.name);
  return groupKey === undefined || cutKey === undefined ? undefined : { groupKey, cutKey };
}

/** The name that the creator gave: readable in RBD's name, or in the register where RBD's name is a hash. */
async function nameOf(pool: Pool, call: Call, imageId: string, rbdName: string): Promise<string | undefined> {
  const hash = hashIn(rbdName);
  if (hash === undefined) return callerNameIn(rbdName);
  const claims = await claimsIn(pool, call, "opensds.snapshot", slotOfHash(hash));
  return claims.find(({ holder, name }) => holder === imageId && imageNameOf(name) === rbdName)?.name;
}

function describe(pool: Pool, imageId: string, image: ImageSnapshot, name: string, { encryption }: MaybeEncrypted): FoundSnapshot {
  const snapshot: Snapshot = {
    id: snapshotIdOf(pool.place, { imageId, number: image.id, slot: slotOf(name) }),
    name,
    sourceVolumeId: volumeIdOf(pool.place, imageId),
    sizeBytes: volumeBytes(image.sizeBytes, { encryption }),
    readyToUse: true,
    createdAt: image.createdAt.toISOString(),
  };
  return { snapshot, imageId, image, encryption };
}

/** The snapshot of an id, if there is one and its image is a volume. */
export async function findSnapshot(pool: Pool, call: Call, id: string): Promise<FoundSnapshot | undefined> {
  const key = snapshotKeyIn(pool.place, id);
  if (key === undefined) return undefined;
  const [listedAs, found] = await together(pool.rados.directoryNameOf(call, key.imageId), ourSnapshots(pool, call, key.imageId));
  if (listedAs === undefined) return undefined;
  return found.find(({ snapshot }) => snapshot.id === id);
}

/** The snapshot of a name, if there is one. */
export async function findSnapshotNamed(pool: Pool, call: Call, name: string): Promise<FoundSnapshot | undefined> {
  const rbdName = imageNameOf(name);
  for (const imageId of new Set((await claimsOn(pool, call, "opensds.snapshot", name)).map(({ holder }) => holder))) {
    const [listedAs, request, all] = await together(
      pool.rados.directoryNameOf(call, imageId),
      requestOf(pool, call, imageId),
      snapshotsOf(pool, call, imageId),
    );
    const image = all.find((one) => isOurs(one) && one.name === rbdName);
    if (image !== undefined && listedAs !== undefined && request !== undefined) return describe(pool, imageId, image, name, request);
  }
  return undefined;
}

/** Operations that may say that there is no such thing. */
type Finds = { [Op in Operation]: "NOT_FOUND" extends CodeOf<Op> ? Op : never }[Operation];

/** That there is no such snapshot. */
export function noSuchSnapshot(ctx: CallContext<Finds>, which: string): SouthboundError {
  const message = `there is no snapshot ${JSON.stringify(which)}; list the snapshots to see what there is`;
  return ctx.fail("NOT_FOUND", "snapshot-not-found", message, { resource: which, outcome: "none" });
}
