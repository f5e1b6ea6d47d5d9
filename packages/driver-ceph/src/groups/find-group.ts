import type { CallContext, CodeOf, GroupId, Operation, SouthboundError, VolumeGroup } from "@opensds/core";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, decodeClosing } from "../records/cells.js";
import { groupIdOf, groupKeyIn, groupNameOf, keyOfClaim, slotOfKey } from "./group-id.js";
import { claimsIn, type Claim } from "../records/name-register.js";
import type { Pool } from "../pool.js";
import type { GroupContent } from "../transport/decode-group.js";
import { groupHeaderOf } from "../transport/rbd-groups.js";
import { volumeIdOf } from "../records/volume-id.js";

export const groupRegister = "opensds.group";

/** A group, as operations on it see it. It is one for callers when its name is claimed for it and it is complete. */
export interface FoundGroup extends GroupContent {
  readonly key: string;
  readonly name: string;
  /** RBD's name of it, which is never used again. */
  readonly rbdName: string;
  /** RBD's id of it. */
  readonly rbdId: string;
  /** Every claim on its name for it; killed and repeated calls leave several. */
  readonly claims: readonly Claim[];
  /** That all that it was asked for with have been put in. */
  readonly complete: boolean;
  /** That somebody is deleting it and may not have ended. */
  readonly closing: boolean;
}

/** The claims that hold a name for this group. */
export const claimsOfGroup = async (pool: Pool, call: Call, key: string): Promise<readonly Claim[]> =>
  (await claimsIn(pool, call, groupRegister, slotOfKey(key))).filter((claim) => keyOfClaim(claim) === key);

/** The group that claims speak of, complete or not; undefined when there is none. */
export async function groupOfClaims(pool: Pool, call: Call, claims: readonly Claim[]): Promise<FoundGroup | undefined> {
  const [claim] = claims;
  if (claim === undefined) return undefined;
  const key = keyOfClaim(claim);
  const rbdName = groupNameOf(key);
  const rbdId = await pool.groups.idOf(call, rbdName);
  if (rbdId === undefined) return undefined;
  const header = groupHeaderOf(rbdId);
  const [content, complete, closing] = await together(
    pool.groups.content(call, rbdId),
    pool.locks.read(call, header, cells.complete),
    pool.locks.read(call, header, cells.closing),
  );
  if (content === undefined) return undefined;
  const isClosing = closing?.lockers.some((locker) => decodeClosing(locker).getTime() > Date.now()) ?? false;
  return { ...content, key, name: claim.name, rbdName, rbdId, claims, complete: complete !== undefined, closing: isClosing };
}

/** The group of an id, or undefined when there is none. */
export async function findGroup(pool: Pool, call: Call, id: GroupId): Promise<FoundGroup | undefined> {
  const key = groupKeyIn(pool.place, id);
  if (key === undefined) return undefined;
  const group = await groupOfClaims(pool, call, await claimsOfGroup(pool, call, key));
  return group?.complete === true ? group : undefined;
}

/** The group as callers see it. */
export const describeGroup = (pool: Pool, { key, name, members }: Pick<FoundGroup, "key" | "name" | "members">): VolumeGroup => ({
  id: groupIdOf(pool.place, key),
  name,
  volumeIds: members.map((imageId) => volumeIdOf(pool.place, imageId)).sort(),
});

type Finds = { [Op in Operation]: "NOT_FOUND" extends CodeOf<Op> ? Op : never }[Operation];

/** That there is no such group. */
export function noSuchGroup(ctx: CallContext<Finds>, id: GroupId): SouthboundError {
  return ctx.fail("NOT_FOUND", "group-not-found", `there is no group ${id}; list the groups to see what there is`, { resource: id, outcome: "none" });
}
