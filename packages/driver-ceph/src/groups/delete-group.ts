import { randomUUID } from "node:crypto";
import type { GroupId } from "@opensds/core";
import type { Call } from "../call.js";
import { cells, cellTag, decodeClosing, encodeClosing } from "../records/cells.js";
import { claimsOfGroup, groupRegister } from "./find-group.js";
import { groupKeyIn, groupNameOf } from "./group-id.js";
import { dropClaims } from "../records/name-register.js";
import type { Pool } from "../pool.js";
import { groupHeaderOf } from "../transport/rbd-groups.js";
import { endOf } from "../until.js";

/**
 * Deletes a group and leaves its volumes. Deleting closes the group, then looks for snapshots; cutting cuts, then looks whether the group
 * is closed: at least one sees the other. The group is gone when its name is free; RBD's group goes then, by a name that is never used again.
 */
export async function deleteGroup(pool: Pool, { id }: { readonly id: GroupId }, call: Call<"deleteGroup">): Promise<void> {
  const { ctx } = call;
  const key = groupKeyIn(pool.place, id);
  if (key === undefined) return;
  const rbdId = await pool.groups.idOf(call, groupNameOf(key));
  const claims = await claimsOfGroup(pool, call, key);
  if (rbdId !== undefined && claims.length > 0) {
    const header = groupHeaderOf(rbdId);
    const cookie = randomUUID();
    const early = await pool.groups.content(call, rbdId);
    if ((early?.cuts.length ?? 0) > 0) throw hasSnapshots(call, id);
    await ctx.step("close-group");
    await pool.locks.take(call, header, cells.closing, { exclusive: false, tag: cellTag, cookie, description: encodeClosing(endOf(call)) });
    const content = await pool.groups.content(call, rbdId);
    if ((content?.cuts.length ?? 0) > 0) {
      await ctx.step("reopen-group");
      const lock = await pool.locks.read(call, header, cells.closing);
      for (const locker of lock?.lockers ?? []) {
        const dead = decodeClosing(locker).getTime() < Date.now();
        if (dead || locker.cookie === cookie) await pool.locks.break(call, header, cells.closing, locker);
      }
      throw hasSnapshots(call, id);
    }
  }
  if (claims.length > 0) {
    await ctx.step("free-name");
    await dropClaims(pool, call, groupRegister, claims);
  }
  if (rbdId === undefined) return;
  await ctx.step("remove-group");
  await pool.groups.remove(call, groupNameOf(key));
  // Closing a group that another call has just removed makes its header again.
  await pool.details.removeObject(call, groupHeaderOf(rbdId));
}

function hasSnapshots({ ctx }: Call<"deleteGroup">, id: GroupId): Error {
  return ctx.fail("FAILED_PRECONDITION", "group-has-snapshots", `group ${id} has snapshots; delete them first`, { resource: id, outcome: "none" });
}
