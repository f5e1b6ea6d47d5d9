import { openAnswers, type NamedBytes, type TakeAll } from "./answers.js";
import type { Arena, Part } from "./arena.js";
import { nothing } from "./encoding.js";
import { openKeyTables } from "./key-tables.js";
import type { Libraries } from "../libraries.js";

/** Fails alone: what else is read goes on. */
const failAlone = 0x2;

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
  range(after: string, prefix: string, most: number): () => { readonly pairs: readonly NamedBytes[]; readonly more: boolean };
  /** All extended attributes. */
  attributes(): () => readonly NamedBytes[];
  bytes(capacity: number): () => PartAnswer;
  /** Reads; afterwards the parts answer: those without an error number of their own tell nothing where it failed. Answers 0 or an error number (positive). */
  run(object: string): Promise<number>;
}

/** Carries an operation out: 0 or an error number (positive). */
export type Operate = (start: (io: bigint, completion: bigint) => number) => Promise<number>;

/** Makes reads. */
export function openReads(libraries: Libraries, newArena: () => Arena, operate: Operate): () => ObjectRead {
  const { rados } = libraries;
  const answers = openAnswers(libraries);
  const tableOf = openKeyTables(libraries);
  return () => {
    const op = rados.newReadOp();
    // Native code writes here until the operation has ended.
    const arena = newArena();
    // What is to be taken from there before it is used again.
    const harvests: ((failed: number) => void)[] = [];
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
    /** Room for an iterator, an error number, and whether there is more. */
    const iterated = (take: TakeAll) => {
      const part = arena.take(24, 24);
      const { bytes, at } = part;
      let found: readonly NamedBytes[] = [];
      let more = false;
      harvests.push((failed) => {
        found = take(bytes.readBigUInt64LE(at), failed);
        more = bytes[at + 16] !== 0;
      });
      return { address: part.address, pairs: () => found, more: () => more };
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
        const { address, pairs } = iterated(answers.omap);
        const { pointers, lengths } = tableOf(keys);
        rados.readKeys(op, pointers, keys.length, lengths, address, address + 8n);
        return () => new Map(pairs());
      },
      range: (after, prefix, most) => {
        const { address, pairs, more } = iterated(answers.omap);
        rados.readOmap(op, after, prefix, most, address, address + 16n, address + 8n);
        return () => ({ pairs: pairs(), more: more() });
      },
      attributes: () => {
        const { address, pairs } = iterated(answers.attributes);
        rados.readAttributes(op, address, address + 8n);
        return pairs;
      },
      run: async (object) => {
        let failed = -1;
        try {
          failed = await operate((io, completion) => rados.startRead(op, io, completion, object, 0));
          return failed;
        } finally {
          for (const harvest of harvests) harvest(failed);
          rados.freeReadOp(op);
          arena.release();
        }
      },
    };
  };
}
