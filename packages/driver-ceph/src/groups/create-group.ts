import { randomUUID } from "node:crypto";
import type { VolumeGroup, VolumeId } from "@opensds/core";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, cellTag, encodeComplete } from "../records/cells.js";
import { claimsOfGroup, describeGroup, groupOfClaims, groupRegister } from "./find-group.js";
import { groupHolder, groupIdOf, groupNameOf, keyOfClaim, newKey } from "./group-id.js";
import { joinGroup, requireMember } from "./group-members.js";
import { claimName, claimsOn, dropClaims, isOver, untilNamed, type Claim } from "../records/name-register.js";
import type { Pool } from "../pool.js";
import { errno, unless } from "../transport/command-failure.js";
import { groupHeaderOf } from "../transport/rbd-groups.js";
import { waitUntil } from "../volumes/unfinished-image.js";
import { imageIdIn, volumeIdOf } from "../records/volume-id.js";

const atOnce = 4;

interface Request {
  readonly name: string;
  readonly volumeIds: readonly VolumeId[];
}
type CreateCall = Call<"createGroup">;

/**
 * Makes a group, or returns the one that the same request made. The name is claimed for a key and for these members, RBD's group is made
 * under the key, the members are put in, and only then is the group marked as complete, which is what shows it to anybody. The same request
 * again goes on with the key that is claimed.
 */
export function createGroup(pool: Pool, request: Request, call: CreateCall): Promise<VolumeGroup> {
  return untilNamed(call, () => createOnce(pool, request, call));
}

async function createOnce(pool: Pool, request: Request, call: CreateCall): Promise<VolumeGroup | undefined> {
  const { ctx } = call;
  const imageIds = [...new Set(request.volumeIds)].map((id) => imageIdIn(pool.place, id) ?? id).sort();
  const isSame = (claim: Claim): boolean => claim.holder === groupHolder(keyOfClaim(claim), imageIds);
  const before = await claimsOn(pool, call, groupRegister, request.name);
  const existing = await completeOne(pool, call, before);
  if (existing !== undefined) {
    if (existing.claims.some(isSame)) return describeGroup(pool, existing);
    throw groupExists(pool, request, call, existing);
  }
  const holder = before.filter(isSame).map((claim) => claim.holder).sort()[0] ?? groupHolder(newKey(request.name), imageIds);
  if (!(await othersGone(pool, request, call, before.filter((claim) => claim.holder !== holder)))) return undefined;
  await mapBounded(request.volumeIds, atOnce, (id) => requireMember(pool, call, id));

  await ctx.step("claim-name");
  await claimName(pool, call, groupRegister, request.name, holder);
  const claims = await claimsOn(pool, call, groupRegister, request.name);
  const own = claims.filter((claim) => claim.holder === holder);
  const [first] = own;
  if (first === undefined || claims.some((claim) => claim.holder !== holder && !isOver(claim))) {
    if (!before.some((claim) => claim.holder === holder)) await dropClaims(pool, call, groupRegister, own);
    return undefined;
  }
  const key = keyOfClaim(first);
  const rbdName = groupNameOf(key);
  await ctx.step("make-group");
  await unless([errno.EEXIST], pool.groups.create(call, rbdName));
  try {
    for (const imageId of imageIds) if (!(await joinGroup(pool, call, rbdName, imageId))) return undefined;
  } catch (thrown) {
    if (!ctx.signal.aborted) await abandon(pool, call, key);
    throw thrown;
  }
  const rbdId = await pool.groups.idOf(call, rbdName);
  if (rbdId === undefined) return undefined;
  await ctx.step("complete-group");
  const header = groupHeaderOf(rbdId);
  await pool.locks.take(call, header, cells.complete, { exclusive: true, tag: cellTag, cookie: randomUUID(), description: encodeComplete(new Date()) });
  // Taken on a group that was removed meanwhile, the cell has made its header again.
  if ((await pool.groups.idOf(call, rbdName)) === undefined) await pool.details.removeObject(call, header);
  const made = await groupOfClaims(pool, call, await claimsOfGroup(pool, call, key));
  if (made?.complete === true) return describeGroup(pool, made);
  await abandon(pool, call, key);
  return undefined;
}

/** The one complete group that claims on a name speak of, if there is one. */
async function completeOne(pool: Pool, call: Call, claims: readonly Claim[]): ReturnType<typeof groupOfClaims> {
  for (const key of new Set(claims.map(keyOfClaim))) {
    const group = await groupOfClaims(pool, call, claims.filter((claim) => keyOfClaim(claim) === key));
    if (group?.complete === true) return group;
  }
  return undefined;
}

/** Waits for other requests of the name; what surely dead ones have left is taken away. False when it has to be looked at again. */
async function othersGone(pool: Pool, { name }: Request, call: CreateCall, others: readonly Claim[]): Promise<boolean> {
  if (others.length === 0) return true;
  const holders = new Set(others.map(({ holder }) => holder));
  const settled = async (): Promise<boolean> => {
    const now = (await claimsOn(pool, call, groupRegister, name)).filter(({ holder }) => holders.has(holder));
    return now.every(isOver) || (await completeOne(pool, call, now)) !== undefined;
  };
  if (!(await waitUntil(call, pool.config.unfinishedAfterMs, settled))) {
    const message = `another call is making group ${JSON.stringify(name)}, or was cut off; retry later, or take another name`;
    throw call.ctx.fail("ABORTED", "operation-pending", message, { resource: name, outcome: "none" });
  }
  for (const key of new Set(others.map(keyOfClaim))) {
    const claims = await claimsOfGroup(pool, call, key);
    const group = await groupOfClaims(pool, call, claims);
    if (group?.complete !== true && claims.every(isOver)) await abandon(pool, call, key);
  }
  return false;
}

/** Undoes a group that never was complete, for whoever makes it; its volumes are free afterwards. */
export async function abandon(pool: Pool, call: Call, key: string): Promise<void> {
  await call.ctx.step("abandon-group");
  await dropClaims(pool, call, groupRegister, await claimsOfGroup(pool, call, key));
  await pool.groups.remove(call, groupNameOf(key));
}

function groupExists(pool: Pool, { name }: Request, { ctx }: CreateCall, { key, members }: { readonly key: string; readonly members: readonly string[] }): Error {
  const message = `group ${JSON.stringify(name)} is there already, made of other volumes; use another name, or updateGroup`;
  const details = { groupId: groupIdOf(pool.place, key), volumeIds: members.map((imageId) => volumeIdOf(pool.place, imageId)) };
  return ctx.fail("ALREADY_EXISTS", "group-exists", message, { resource: name, outcome: "none", details });
}
