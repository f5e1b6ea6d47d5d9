import type { GroupId, GroupSnapshot, GroupSnapshotId } from "@opensds/core";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { claimsOfCut, cutOfClaim, cutRegister, describeCut, findCut } from "./find-group-snapshot.js";
import { snapshotsOf } from "../snapshots/find-snapshot.js";
import { findGroup, noSuchGroup, type FoundGroup } from "./find-group.js";
import { cutHolder, cutIdOf, cutKeysIn, cutKeysOf, cutNameOf, groupIdOf, groupKeyIn, groupNameOf, newKey, type CutKeys } from "./group-id.js";
import { claimName, claimsOn, dropClaims, isOver, untilNamed, type Claim } from "../records/name-register.js";
import type { Pool } from "../pool.js";
import { requirePrimary, requireOpen, findVolume } from "../volumes/require-volume.js";
import { requireFewer } from "../snapshots/snapshot-limit.js";
import { errno, failedWith } from "../transport/command-failure.js";
import { waitUntil } from "../volumes/unfinished-image.js";
import { volumeIdOf } from "../records/volume-id.js";

const atOnce = 4;

interface Request {
  readonly name: string;
  readonly groupId: GroupId;
}
type CutCall = Call<"createGroupSnapshot">;

/** Cuts all volumes of a group at one moment, or returns what the same request cut. */
export function createGroupSnapshot(pool: Pool, request: Request, call: CutCall): Promise<GroupSnapshot> {
  return untilNamed(call, () => createOnce(pool, request, call));
}

async function createOnce(pool: Pool, request: Request, call: CutCall): Promise<GroupSnapshot | undefined> {
  const { ctx } = call;
  const groupKey = groupKeyIn(pool.place, request.groupId);
  const before = await claimsOn(pool, call, cutRegister, request.name);
  for (const claim of before) {
    const found = await cutOfClaim(pool, call, claim);
    if (found?.cut.complete !== true) continue;
    if (found.keys.groupKey === groupKey) return describeCut(pool, call, found);
    throw cutExists(pool, request, call, found.keys);
  }
  const group = await findGroup(pool, call, request.groupId);
  if (group === undefined || groupKey === undefined) throw noSuchGroup(ctx, request.groupId);
  const mine = before.map(({ holder }) => holder).filter((one) => cutKeysOf(one)?.groupKey === groupKey).sort()[0];
  const holder = mine ?? cutHolder({ groupKey, cutKey: newKey(request.name) });
  const keys = cutKeysOf(holder);
  if (keys === undefined) return undefined;
  if (!(await othersGone(pool, request, call, before.filter((claim) => claim.holder !== holder)))) return undefined;
  if (group.members.length === 0) throw groupEmpty(call, request, group);
  await mapBounded(group.members, atOnce, (imageId) => requireCuttable(pool, call, imageId));

  await ctx.step("claim-name");
  await claimName(pool, call, cutRegister, request.name, holder);
  const claims = await claimsOn(pool, call, cutRegister, request.name);
  if (claims.some((claim) => claim.holder !== holder && !isOver(claim))) {
    if (mine === undefined) await dropClaims(pool, call, cutRegister, claims.filter((claim) => claim.holder === holder));
    return undefined;
  }
  await ctx.step("cut-group");
  try {
    await pool.groups.cut(call, group.rbdName, cutNameOf(keys.cutKey));
  } catch (thrown) {
    // EEXIST: the same request is at work on it, or was cut off within. ENOENT: the group, or a volume of it, has just gone.
    if (!failedWith(thrown, errno.EEXIST, errno.ENOENT)) throw thrown;
  }
  return confirm(pool, request, call, keys);
}

/** A group's snapshot is made when it is complete, its name is still claimed for it, and nobody deletes the group. */
async function confirm(pool: Pool, request: Request, call: CutCall, keys: CutKeys): Promise<GroupSnapshot | undefined> {
  let group: FoundGroup | undefined;
  const isSettled = async (): Promise<boolean> => {
    group = await findGroup(pool, call, request.groupId);
    return group?.cuts.find(({ name }) => name === cutNameOf(keys.cutKey))?.complete !== false;
  };
  await waitUntil(call, pool.config.unfinishedAfterMs, isSettled);
  const cut = group?.cuts.find(({ name }) => name === cutNameOf(keys.cutKey));
  const [claim] = await claimsOfCut(pool, call, keys);
  if (group !== undefined && !group.closing && cut?.complete === true && claim !== undefined) {
    return describeCut(pool, call, { keys, name: request.name, group, cut });
  }
  await call.ctx.step("undo-cut");
  await dropClaims(pool, call, cutRegister, await claimsOfCut(pool, call, keys));
  await pool.groups.removeCut(call, groupNameOf(keys.groupKey), cutNameOf(keys.cutKey));
  return undefined;
}

/** Waits for other requests of the name; what surely dead ones have left is taken away. False when it has to be looked at again. */
async function othersGone(pool: Pool, { name }: Request, call: CutCall, others: readonly Claim[]): Promise<boolean> {
  if (others.length === 0) return true;
  const holders = new Set(others.map(({ holder }) => holder));
  const settled = async (): Promise<boolean> => {
    const now = (await claimsOn(pool, call, cutRegister, name)).filter(({ holder }) => holders.has(holder));
    if (now.every(isOver)) return true;
    const found = await mapBounded(now, atOnce, (claim) => cutOfClaim(pool, call, claim));
    return found.some((one) => one?.cut.complete === true);
  };
  if (!(await waitUntil(call, pool.config.unfinishedAfterMs, settled))) {
    const message = `another call is cutting group snapshot ${JSON.stringify(name)}, or was cut off; retry later, or take another name`;
    throw call.ctx.fail("ABORTED", "operation-pending", message, { resource: name, outcome: "none" });
  }
  for (const holder of holders) {
    const keys = cutKeysOf(holder);
    const claims = keys === undefined ? [] : await claimsOfCut(pool, call, keys);
    const [claim] = claims;
    if (keys === undefined || claim === undefined || !claims.every(isOver)) continue;
    if ((await cutOfClaim(pool, call, claim))?.cut.complete !== true) await removeCut(pool, call, keys);
  }
  return false;
}

/** Frees the name first: from then on it is no group's snapshot any more, and nobody goes on with it. */
export async function removeCut(pool: Pool, call: Call, keys: CutKeys): Promise<void> {
  const claims = await claimsOfCut(pool, call, keys);
  if (claims.length > 0) {
    await call.ctx.step("free-name");
    await dropClaims(pool, call, cutRegister, claims);
  }
  await call.ctx.step("remove-cut");
  await pool.groups.removeCut(call, groupNameOf(keys.groupKey), cutNameOf(keys.cutKey));
}

/** RBD cuts a group while it holds the exclusive lock of every image: an image without one could be written to meanwhile. */
async function requireCuttable(pool: Pool, call: CutCall, imageId: string): Promise<void> {
  const { ctx } = call;
  const id = volumeIdOf(pool.place, imageId);
  const volume = await findVolume(pool, call, id);
  if (volume === undefined) return;
  requireOpen(ctx, id, volume.view);
  await requirePrimary(pool, call, id, volume.info);
  requireFewer(pool, call, id, await snapshotsOf(pool, call, imageId));
  if (volume.info.features.includes("exclusive-lock")) return;
  const message = `image ${volume.info.name} of volume ${id} has no exclusive-lock feature, without which RBD cuts no two images at one moment; turn it on with \`rbd feature enable\``;
  throw ctx.fail("FAILED_PRECONDITION", "command-refused", message, { resource: id, outcome: "none" });
}

export async function getGroupSnapshot(pool: Pool, { id }: { readonly id: GroupSnapshotId }, call: Call<"getGroupSnapshot">): Promise<GroupSnapshot> {
  const found = await findCut(pool, call, id);
  const described = found && (await describeCut(pool, call, found));
  if (described !== undefined) return described;
  const message = `there is no group snapshot ${id}; it was deleted or never made`;
  throw call.ctx.fail("NOT_FOUND", "group-snapshot-not-found", message, { resource: id, outcome: "none" });
}

export async function deleteGroupSnapshot(pool: Pool, { id }: { readonly id: GroupSnapshotId }, call: Call<"deleteGroupSnapshot">): Promise<void> {
  const keys = cutKeysIn(pool.place, id);
  if (keys !== undefined) await removeCut(pool, call, keys);
}

function groupEmpty({ ctx }: CutCall, { groupId }: Request, { name }: FoundGroup): Error {
  const message = `group ${JSON.stringify(name)} has no volume, so that there is nothing to cut`;
  return ctx.fail("FAILED_PRECONDITION", "group-empty", message, { resource: groupId, outcome: "none" });
}

function cutExists({ place }: Pool, { name }: Request, { ctx }: CutCall, keys: CutKeys): Error {
  const message = `group snapshot ${JSON.stringify(name)} is there already, of another group; use another name, or delete it first`;
  const details = { groupSnapshotId: cutIdOf(place, keys), groupId: groupIdOf(place, keys.groupKey) };
  return ctx.fail("ALREADY_EXISTS", "group-snapshot-exists", message, { resource: name, outcome: "none", details });
}
