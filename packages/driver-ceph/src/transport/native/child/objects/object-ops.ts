import { openArenas } from "./arena.js";
import { openCompletions } from "./completions.js";
import { nothing } from "./encoding.js";
import { check } from "../failure.js";
import type { Libraries } from "../libraries.js";
import { openReads, type ObjectRead, type PartAnswer } from "./object-reads.js";
import { openWrites, type ObjectWrite } from "./object-writes.js";

/** Fulfils with the native handle of a pool and namespace. */
export type PoolHandle = () => Promise<bigint>;

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
  const { rados, addressOf, bytesAt } = libraries;
  const newArena = openArenas(libraries);
  // Each kind ends about in the order in which it began; a read is not to be found out only after older writes.
  const completed = { read: openCompletions(libraries, true), write: openCompletions(libraries, false) };
  const made = Buffer.allocUnsafeSlow(8);
  const madeAt = addressOf(made);
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
      check("rados_aio_create_completion2", rados.newCompletion(null, null, madeAt));
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

  return {
    read: openReads(libraries, newArena, (start) => operate("read", start)),
    write: openWrites(libraries, (start) => operate("write", start)),
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
  };
}
