import type { Lock, Locker, LockRequest } from "../../../rados.js";
import { CephReader, string, u8, u32, u64, versioned } from "../objects/encoding.js";

/** The object class of RADOS locks: what its methods take and answer. */
export const lockClass = "lock";

const types = { exclusive: 1, shared: 2 } as const;
const clientType = 8;

const infoInputs = new Map<string, Buffer>();

/** There are a few locks and many questions for them. */
export function infoInput(lock: string): Buffer {
  const made = infoInputs.get(lock) ?? versioned(string(lock));
  infoInputs.set(lock, made);
  return made;
}

export function takeInput(lock: string, { exclusive, tag, cookie, description }: LockRequest): Buffer {
  const type = u8(exclusive ? types.exclusive : types.shared);
  const forEver = Buffer.concat([u32(0), u32(0)]);
  return versioned(string(lock), type, string(cookie), string(tag), string(description), forEver, u8(0));
}

/** Undefined where the entity is no client: nobody else takes locks. */
export function breakInput(lock: string, entity: string, cookie: string): Buffer | undefined {
  const number = /^client\.(\d+)$/.exec(entity)?.[1];
  if (number === undefined) return undefined;
  return versioned(string(lock), u8(clientType), u64(BigInt(number)), string(cookie));
}

/** The lock in an answer of `get_info`, or as an attribute keeps it: both are of one form. Undefined when nobody holds it. */
export function decodeLock(bytes: Buffer): Lock | undefined {
  return new CephReader(bytes).versioned(1, (reply) => {
    const lockers = reply.list(() => readLocker(reply));
    const exclusive = reply.u8() !== types.shared;
    const tag = reply.string();
    return lockers.length === 0 ? undefined : { exclusive, tag, lockers };
  });
}

export const decodeLockNames = (bytes: Buffer): readonly string[] =>
  new CephReader(bytes).versioned(1, (reply) => reply.list(() => reply.string()));

function readLocker(reply: CephReader): Locker {
  const id = reply.versioned(1, (inside) => {
    const type = inside.u8();
    const number = inside.i64();
    return { entity: `${type === clientType ? "client" : `type-${type}`}.${number}`, cookie: inside.string() };
  });
  const description = reply.versioned(1, (inside) => {
    inside.skip(8); // when it expires: ours are for ever
    skipAddress(inside);
    return inside.string();
  });
  return { ...id, description };
}

/** An address is written in one of two forms, told apart by its first byte. */
function skipAddress(reader: CephReader): void {
  const form = reader.u8();
  // The older one: 3 bytes of its type, a nonce, and a socket address of 128 bytes.
  if (form === 0) reader.skip(3 + 4 + 128);
  else reader.versioned(1, () => undefined);
}
