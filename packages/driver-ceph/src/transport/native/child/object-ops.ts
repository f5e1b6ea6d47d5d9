import type { PoolHandle } from "./cluster.js";
import { check } from "./failure.js";
import type { Libraries } from "./libraries.js";

/** Fails alone: what else is read goes on. */
const failAlone = 0x2;
const equal = 1;

/** What one part of a read answered: an error number (positive) or bytes. */
export interface PartAnswer {
  readonly errno: number;
  readonly bytes: Buffer;
}

/** Parts of one object to be read in one round trip, as they are at one moment. */
export interface ObjectRead {
  /** Asks a method of an object class. ERANGE: the answer is longer than the capacity. */
  exec(objectClass: string, method: string, input: Buffer, capacity: number): () => PartAnswer;
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
}

/** Operations that are under way at once: librados blocks who starts more than 1,024. */
const atOnce = 256;

export function openObjects({ rados, bytesAt, addressOf }: Libraries, pool: PoolHandle): Objects {
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

  /** Starts here, waits on a thread: many are under way at once, and a hung one holds a thread only. */
  const operate = async (start: (io: bigint, completion: bigint) => number): Promise<number> => {
    const io = await pool();
    await begin();
    try {
      const made = Buffer.alloc(8);
      check("rados_aio_create_completion2", rados.newCompletion(null, null, made));
      const completion = made.readBigUInt64LE();
      try {
        check("rados_aio_operate", start(io, completion));
        if (rados.isComplete(completion) === 0) await rados.wait.async(completion);
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
      // Native code writes here until the operation has ended: `run` keeps it.
      const memory: Buffer[] = [];
      const memoryOf = (length: number): Buffer => {
        const bytes = Buffer.allocUnsafeSlow(length);
        memory.push(bytes);
        return bytes;
      };
      /** Memory for one answer: 8 bytes of length, 4 of error number, 4 spare, then the bytes. */
      const slot = (capacity: number): { readonly slot: Buffer; readonly answer: () => PartAnswer } => {
        const bytes = memoryOf(16 + capacity).fill(0, 0, 16);
        const answer = (): PartAnswer => {
          const length = Math.min(capacity, Number(bytes.readBigUInt64LE(0)));
          return { errno: Math.max(0, -bytes.readInt32LE(8)), bytes: bytes.subarray(16, 16 + length) };
        };
        return { slot: bytes, answer };
      };
      return {
        exec: (objectClass, method, input, capacity) => {
          const { slot: bytes, answer } = slot(capacity);
          const [used, result, output] = [bytes.subarray(0, 8), bytes.subarray(8, 12), bytes.subarray(16)];
          rados.readExec(op, objectClass, method, input, input.length, output, capacity, used, result);
          rados.flagReadOp(op, failAlone);
          return answer;
        },
        bytes: (capacity) => {
          const { slot: bytes, answer } = slot(capacity);
          rados.readBytes(op, 0, capacity, bytes.subarray(16), bytes.subarray(0, 8), bytes.subarray(8, 12));
          return answer;
        },
        keys: (keys) => {
          const bytes = memoryOf(16).fill(0);
          const lengths = Buffer.alloc(8 * keys.length);
          for (const [index, key] of keys.entries()) lengths.writeBigUInt64LE(BigInt(Buffer.byteLength(key)), 8 * index);
          rados.readKeys(op, keys, keys.length, lengths, bytes.subarray(0, 8), bytes.subarray(8, 12));
          return () => new Map(pairsOf(bytes.readBigUInt64LE(0)));
        },
        range: (after, prefix, most) => {
          const bytes = memoryOf(24).fill(0);
          rados.readOmap(op, after, prefix, most, bytes.subarray(0, 8), bytes.subarray(16, 17), bytes.subarray(8, 12));
          return () => ({ pairs: pairsOf(bytes.readBigUInt64LE(0)), more: bytes[16] !== 0 });
        },
        run: async (object) => {
          try {
            return await operate((io, completion) => rados.startRead(op, io, completion, object, 0));
          } finally {
            rados.freeReadOp(op);
            memory.length = 0;
          }
        },
      };
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
        assertBytes: (bytes) => void rados.compareBytes(op, bytes, bytes.length, 0, null),
        create: (exclusive) => void rados.createObject(op, exclusive ? 1 : 0, null),
        content: (bytes) => void rados.writeBytes(op, bytes, bytes.length),
        remove: () => void rados.removeObject(op),
        run: async (object) => {
          try {
            return await operate((io, completion) => rados.startWrite(op, io, completion, object, null, 0));
          } finally {
            rados.freeWriteOp(op);
          }
        },
      };
    },
  };
}
