import { openArenas, type Part } from "./arena.js";
import type { PoolHandle } from "./cluster.js";
import { openCompletions } from "./completions.js";
import { check } from "./failure.js";
import type { Libraries } from "./libraries.js";

/** Fails alone: what else is read goes on. */
const failAlone = 0x2;
const equal = 1;
const nothing = Buffer.alloc(0);

/** What one part of a read answered: an error number (positive) or bytes. */
export interface PartAnswer {
  readonly errno: number;
  readonly bytes: Buffer;
}

/** Parts of one object to be read in one round trip, as they are at one moment. */
export interface ObjectRead {
  /**
   * Asks a method of an object class. ERANGE: the answer is longer than the capacity. Another failure is the whole read's, where it does
   * not fail alone.
   */
  exec(objectClass: string, method: string, input: Buffer, capacity: number, failsAlone: boolean): () => PartAnswer;
  /** Values of single omap keys; those that are not there are left out. */
  keys(keys: readonly string[]): () => ReadonlyMap<string, Buffer>;
  /** Pairs of the omap after a key, in the order of the keys. */
  range(after: string, prefix: string, most: number): () => { readonly pairs: readonly (readonly [string, Buffer])[]; readonly more: boolean };
  bytes(capacity: number): () => PartAnswer;
  /** Reads; afterwards the parts answer. Answers 0 or an error number (positive). */
  run(object: string): Promise<number>;
}

/** Changes of one object that are made together or not at all. */
export interface ObjectWrite {
  assertExists(): void;
  exec(objectClass: string, method: string, input: Buffer): void;
  setKey(key: string, value: Buffer): void;
  /** Goes on only where there is no such key. */
  assertNoKey(key: string): void;
  /** Goes on only where a key has this value. */
  assertKey(key: string, value: Buffer): void;
  /** Goes on only where the object begins with these bytes. */
  assertBytes(bytes: Buffer): void;
  /** Makes the object, where it is not there. `exclusive`: fails where it is. */
  create(exclusive: boolean): void;
  content(bytes: Buffer): void;
  remove(): void;
  /** Changes. Answers 0 or an error number (positive). */
  run(object: string): Promise<number>;
}

/** Operations on the objects of one pool and namespace. */
export interface Objects {
  read(): ObjectRead;
  write(): ObjectWrite;
  /**
   * Tells who watches an object that it may have changed, with an empty message, and waits until they have heard it: whole seconds, at least
   * one. Answers an error number (positive), or 0 with what librados says of them.
   */
  notify(object: string, withinMs: number): Promise<PartAnswer>;
}

/** Operations that are under way at once: librados blocks who starts more than 1,024. */
const atOnce = 256;

export function openObjects(libraries: Libraries, pool: PoolHandle): Objects {
  const { rados, bytesAt, addressOf } = libraries;
  const newArena = openArenas(libraries);
  // Each kind ends about in the order in which it began; a read is not to be found out only after older writes.
  const completed = { read: openCompletions(libraries), write: openCompletions(libraries) };
  const made = Buffer.alloc(8);
  let running = 0;
  const waiting: (() => void)[] = [];
  const begin = async (): Promise<void> => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
  };
  const end = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  /** Starts here, waits elsewhere: many are under way at once. */
  const operate = async (kind: "read" | "write", start: (io: bigint, completion: bigint) => number): Promise<number> => {
    const io = await pool();
    await begin();
    try {
      check("rados_aio_create_completion2", rados.newCompletion(null, null, made));
      const completion = made.readBigUInt64LE();
      try {
        check("rados_aio_operate", start(io, completion));
        if (rados.isComplete(completion) === 0) await completed[kind](completion);
        return Math.max(0, -rados.resultOf(completion));
      } finally {
        rados.freeCompletion(completion);
      }
    } finally {
      end();
    }
  };

  const pairsOf = (iterator: bigint): readonly (readonly [string, Buffer])[] => {
    if (iterator === 0n) return [];
    const pairs: (readonly [string, Buffer])[] = [];
    const pair = Buffer.alloc(32);
    const [key, value, keyLength, valueLength] = [0, 8, 16, 24].map((at) => pair.subarray(at, at + 8));
    for (;;) {
      check("rados_omap_get_next2", rados.nextOmap(iterator, key, value, keyLength, valueLength));
      const [keyAt, valueAt, keyBytes, valueBytes] = [0, 8, 16, 24].map((at) => pair.readBigUInt64LE(at));
      if (keyAt === undefined || keyAt === 0n || valueAt === undefined) break;
      pairs.push([bytesAt(keyAt, Number(keyBytes)).toString("utf8"), bytesAt(valueAt, Number(valueBytes))]);
    }
    rados.freeOmap(iterator);
    return pairs;
  };

  return {
    read: () => {
      const op = rados.newReadOp();
      // Native code writes here until the operation has ended.
      const arena = newArena();
      // What is to be taken from there before it is used again.
      const harvests: (() => void)[] = [];
      /** Room for one answer: 8 bytes of length, 4 of error number, 4 spare, then the bytes. */
      const room = (capacity: number): { readonly part: Part; readonly answer: () => PartAnswer } => {
        const part = arena.take(16, 16 + capacity);
        const { bytes, at } = part;
        let found: PartAnswer = { errno: 0, bytes: nothing };
        harvests.push(() => {
          const length = Math.min(capacity, Number(bytes.readBigUInt64LE(at)));
          const errno = Math.max(0, -bytes.readInt32LE(at + 8));
          found = { errno, bytes: length === 0 ? nothing : Buffer.from(bytes.subarray(at + 16, at + 16 + length)) };
        });
        return { part, answer: () => found };
      };
      return {
        exec: (objectClass, method, input, capacity, failsAlone) => {
          const { part, answer } = room(capacity);
          const { address } = part;
          rados.readExec(op, objectClass, method, input, input.length, address + 16n, capacity, address, address + 8n);
          if (failsAlone) rados.flagReadOp(op, failAlone);
          return answer;
        },
        bytes: (capacity) => {
          const { part, answer } = room(capacity);
          const { address } = part;
          rados.readBytes(op, 0, capacity, address + 16n, address, address + 8n);
          return answer;
        },
        keys: (keys) => {
          const { bytes, at, address } = arena.take(16, 16);
          const lengths = Buffer.alloc(8 * keys.length);
          for (const [index, key] of keys.entries()) lengths.writeBigUInt64LE(BigInt(Buffer.byteLength(key)), 8 * index);
          rados.readKeys(op, keys, keys.length, lengths, address, address + 8n);
          let found: ReadonlyMap<string, Buffer> = new Map();
          harvests.push(() => (found = new Map(pairsOf(bytes.readBigUInt64LE(at)))));
          return () => found;
        },
        range: (after, prefix, most) => {
          const { bytes, at, address } = arena.take(24, 24);
          rados.readOmap(op, after, prefix, most, address, address + 16n, address + 8n);
          let found: ReturnType<ReturnType<ObjectRead["range"]>> = { pairs: [], more: false };
          harvests.push(() => (found = { pairs: pairsOf(bytes.readBigUInt64LE(at)), more: bytes[at + 16] !== 0 }));
          return () => found;
        },
        run: async (object) => {
          try {
            const failed = await operate("read", (io, completion) => rados.startRead(op, io, completion, object, 0));
            for (const harvest of harvests) harvest();
            return failed;
          } finally {
            rados.freeReadOp(op);
            arena.release();
          }
        },
      };
    },

    notify: async (object, withinMs) => {
      const arena = newArena();
      try {
        const { bytes, at, address } = arena.take(16, 16);
        const failed = await operate("read", (io, completion) => rados.startNotify(io, object, completion, null, 0, withinMs, address, address + 8n));
        const reply = bytes.readBigUInt64LE(at);
        if (reply === 0n) return { errno: failed, bytes: nothing };
        const copy = bytesAt(reply, Number(bytes.readBigUInt64LE(at + 8)));
        rados.freeBuffer(reply);
        return { errno: failed, bytes: copy };
      } finally {
        arena.release();
      }
    },

    write: () => {
      const op = rados.newWriteOp();
      return {
        assertExists: () => void rados.assertExists(op),
        exec: (objectClass, method, input) => void rados.writeExec(op, objectClass, method, input, input.length, null),
        setKey: (key, value) => {
          const values = Buffer.alloc(8);
          values.writeBigUInt64LE(addressOf(value));
          const lengthOf = (length: number): Buffer => {
            const bytes = Buffer.alloc(8);
            bytes.writeBigUInt64LE(BigInt(length));
            return bytes;
          };
          rados.setOmap(op, [key], values, lengthOf(Buffer.byteLength(key)), lengthOf(value.length), 1);
        },
        assertNoKey: (key) => {
          // A key that is not there compares as empty.
          rados.compareOmap(op, key, equal, Buffer.alloc(1), Buffer.byteLength(key), 0, null);
        },
        assertKey: (key, value) => void rados.compareOmap(op, key, equal, value, Buffer.byteLength(key), value.length, null),
        assertBytes: (bytes) => void rados.compareBytes(op, bytes, bytes.length, 0, null),
        create: (exclusive) => void rados.createObject(op, exclusive ? 1 : 0, null),
        content: (bytes) => void rados.writeBytes(op, bytes, bytes.length),
        remove: () => void rados.removeObject(op),
        run: async (object) => {
          try {
            return await operate("write", (io, completion) => rados.startWrite(op, io, completion, object, null, 0));
          } finally {
            rados.freeWriteOp(op);
          }
        },
      };
    },
  };
}
