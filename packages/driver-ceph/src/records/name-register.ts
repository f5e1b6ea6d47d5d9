import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { cellTag, decodeClaim, encodeClaim, type ClaimCell } from "./cells.js";
import type { Pool } from "../pool.js";
import type { Locker } from "../transport/rados.js";
import { endOf, hasPassed } from "../until.js";

/*
 * Names that are unique in a place and that RBD keeps unique only within an image or a group. A register has 32 slots, each an
 * object of our own with one shared lock, whose holders are claims: this name, for that image. A claim is written first, then the
 * register is read, then the thing is made: of two that claim one name at least one sees the other. What is true is what there is:
 * a claim whose thing is not there, and whose maker has surely ended, counts for nothing.
 */

/** Which names a register holds. */
export type Register = "opensds.snapshot" | "opensds.group" | "opensds.group-snapshot";

/** A claim as it stands in a register. */
export interface Claim extends ClaimCell {
  readonly locker: Locker;
}

const slotCount = 32;
const slotName = (index: number): string => index.toString(16).padStart(2, "0");

/** The slot of a name, which its SHA-256 decides: two hexadecimal digits. */
export const slotOf = (name: string): string => slotOfHash(createHash("sha256").update(name).digest("hex"));

/** The slot of a name of which only the SHA-256 is known, in hexadecimal. */
export const slotOfHash = (hash: string): string => slotName(Number.parseInt(hash.slice(0, 2), 16) % slotCount);

/** Every slot. */
export const slots: readonly string[] = Array.from({ length: slotCount }, (_slot, index) => slotName(index));

const objectOf = (register: Register, slot: string): string => `${register}s.${slot}`;

/** The claims in one slot. */
export async function claimsIn(pool: Pool, call: Call, register: Register, slot: string): Promise<readonly Claim[]> {
  const lock = await pool.locks.read(call, objectOf(register, slot), register);
  return (lock?.lockers ?? []).map((locker) => ({ ...decodeClaim(register, locker), locker }));
}

/** The claims on a name. */
export const claimsOn = async (pool: Pool, call: Call, register: Register, name: string): Promise<readonly Claim[]> =>
  (await claimsIn(pool, call, register, slotOf(name))).filter((claim) => claim.name === name);

/** Writes a claim. */
export async function claimName(pool: Pool, call: Call, register: Register, name: string, holder: string): Promise<void> {
  const description = encodeClaim({ name, holder, until: endOf(call).toISOString() });
  const lock = { exclusive: false, tag: cellTag, cookie: randomUUID(), description };
  await pool.locks.take(call, objectOf(register, slotOf(name)), register, lock);
}

/** Tries again until an attempt has its name or fails: undefined is one that has seen another's claim, and given way. */
export async function untilNamed<Made>({ ctx }: Call, attempt: () => Promise<Made | undefined>): Promise<Made> {
  for (;;) {
    ctx.signal.throwIfAborted();
    const made = await attempt();
    if (made !== undefined) return made;
    // Two that want one name and have seen each other need different paces.
    await sleep(Math.random() * 100, undefined, { signal: ctx.signal });
  }
}

/** Takes claims away. */
export async function dropClaims(pool: Pool, call: Call, register: Register, claims: readonly Claim[]): Promise<void> {
  await mapBounded(claims, 4, ({ name, locker }) => pool.locks.break(call, objectOf(register, slotOf(name)), register, locker));
}

/** Whether the maker of a claim has surely ended. */
export const isOver = ({ until }: Claim): boolean => hasPassed(until);
