import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { dropNascent, isNascentName, isNascentOver } from "../volumes/nascent-image.js";
import { abandon } from "../groups/create-group.js";
import { claimsOfGroup, groupOfClaims, groupRegister } from "../groups/find-group.js";
import { claimsOfCut, cutRegister } from "../groups/find-group-snapshot.js";
import { cutHolder, cutKeyOf, cutKeysOf, groupKeyOf, groupNameOf } from "../groups/group-id.js";
import { removeCut } from "../groups/group-snapshots.js";
import type { Leftover } from "./leftover.js";
import { claimsIn, dropClaims, isOver, slots } from "../records/name-register.js";
import type { Pool } from "../pool.js";
import type { GroupContent } from "../transport/decode-group.js";

const atOnce = 4;

/** What is left of groups, of their snapshots, of names claimed for them, and of copies made of their snapshots. */
export async function groupLeftovers(pool: Pool, call: Call): Promise<readonly Leftover[]> {
  const keys = (await pool.groups.list(call)).flatMap((name) => groupKeyOf(name) ?? []);
  const atGroups = (await mapBounded(keys, atOnce, (key) => leftAtGroup(pool, call, key))).flat();
  return [...atGroups, ...(await idleNames(pool, call, keys)), ...(await copiesLeft(pool, call))];
}

async function leftAtGroup(pool: Pool, call: Call, key: string): Promise<readonly Leftover[]> {
  const claims = await claimsOfGroup(pool, call, key);
  const group = await groupOfClaims(pool, call, claims);
  const reference = groupNameOf(key);
  if (group?.complete !== true) {
    if (!claims.every(isOver)) return [];
    const message = "an RBD group of ours that is no group: a call that made or deleted it was cut off";
    return [{ kind: "unfinished-group", reference, message, action: "undo", mend: () => abandon(pool, call, key) }];
  }
  const cuts = await mapBounded(group.cuts, atOnce, (cut) => leftAtCut(pool, call, key, cut));
  const gone = await mapBounded(group.members, atOnce, async (imageId) => ((await pool.rados.directoryNameOf(call, imageId)) === undefined ? [imageId] : []));
  return [
    ...cuts.flat(),
    ...gone.flat().map((imageId): Leftover => {
      const message = `group ${JSON.stringify(group.name)} holds image ${imageId}, which is in RBD's trash or gone; restore it, \`rbd group image rm\` it, and remove it again`;
      return { kind: "stale-member", reference, message, action: "report" };
    }),
  ];
}

async function leftAtCut(pool: Pool, call: Call, groupKey: string, { name, complete }: GroupContent["cuts"][number]): Promise<readonly Leftover[]> {
  const cutKey = cutKeyOf(name);
  if (cutKey === undefined) return [];
  const keys = { groupKey, cutKey };
  const claims = await claimsOfCut(pool, call, keys);
  if (!claims.every(isOver) || (complete && claims.length > 0)) return [];
  const message = "a snapshot of an RBD group of ours that is no group's snapshot: a call that cut or deleted it was cut off";
  return [{ kind: "unfinished-group-snapshot", reference: cutHolder(keys), message, action: "undo", mend: () => removeCut(pool, call, keys) }];
}

/** Claims on names of groups and of their snapshots that are not there, and whose makers have surely ended. */
async function idleNames(pool: Pool, call: Call, keys: readonly string[]): Promise<readonly Leftover[]> {
  const inRegister = async (register: typeof groupRegister | typeof cutRegister, isThere: (holder: string) => Promise<boolean>): Promise<readonly Leftover[]> => {
    const claims = (await mapBounded(slots, atOnce, (slot) => claimsIn(pool, call, register, slot))).flat().filter(isOver);
    const found = await mapBounded(claims, atOnce, async (claim): Promise<readonly Leftover[]> => {
      if (await isThere(claim.holder)) return [];
      const message = `the name is claimed for ${register === groupRegister ? "a group" : "a group's snapshot"} that is not there`;
      return [{ kind: "stale-name", reference: claim.name, message, action: "undo", mend: () => dropClaims(pool, call, register, [claim]) }];
    });
    return found.flat();
  };
  const groups = await inRegister(groupRegister, (holder) => Promise.resolve(keys.includes(holder.split(".")[0] ?? "")));
  const cuts = await inRegister(cutRegister, async (holder) => {
    const found = cutKeysOf(holder);
    if (found === undefined) return false;
    const rbdId = await pool.groups.idOf(call, groupNameOf(found.groupKey));
    const content = rbdId === undefined ? undefined : await pool.groups.content(call, rbdId);
    return content?.cuts.some(({ name }) => cutKeyOf(name) === found.cutKey) ?? false;
  });
  return [...groups, ...cuts];
}

async function copiesLeft(pool: Pool, call: Call): Promise<readonly Leftover[]> {
  const names = (await pool.rbd.list(call)).filter((name) => isNascentName(name) && isNascentOver(name));
  return names.map((reference) => {
    const message = "an image that was to become a volume, encrypted or made of a group's snapshot: the create was cut off";
    return { kind: "unfinished-copy", reference, message, action: "undo", mend: () => dropNascent(pool, call, reference) };
  });
}
