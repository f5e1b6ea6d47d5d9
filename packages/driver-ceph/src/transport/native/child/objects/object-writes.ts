import type { Libraries } from "../libraries.js";
import type { Operate } from "./object-reads.js";

const equal = 1;

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

/** Makes writes. */
export function openWrites({ rados, addressOf }: Pick<Libraries, "rados" | "addressOf">, operate: Operate): () => ObjectWrite {
  return () => {
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
          return await operate((io, completion) => rados.startWrite(op, io, completion, object, null, 0));
        } finally {
          rados.freeWriteOp(op);
        }
      },
    };
  };
}
