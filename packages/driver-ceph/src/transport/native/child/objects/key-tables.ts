import type { Libraries } from "../libraries.js";

/** Omap keys as librados takes them. */
export interface KeyTable {
  /** Addresses of the arrays: of where each key is, and of how many bytes it has. */
  readonly pointers: bigint;
  readonly lengths: bigint;
  /** What the addresses lead to: there for as long as the table is. */
  readonly memory: readonly Buffer[];
}

/** Makes tables; of a list of keys that is asked for again and again only once, since a table takes longer than all else that is asked of a header. */
export function openKeyTables({ addressOf }: Pick<Libraries, "addressOf">): (keys: readonly string[]) => KeyTable {
  const made = new WeakMap<readonly string[], KeyTable>();
  const make = (keys: readonly string[]): KeyTable => {
    const encoded = keys.map((key) => Buffer.from(key, "utf8"));
    const arrays = Buffer.allocUnsafeSlow(16 * keys.length);
    const bytes = Buffer.from(Buffer.concat(encoded));
    let at = addressOf(bytes);
    for (const [index, { length }] of encoded.entries()) {
      arrays.writeBigUInt64LE(at, 8 * index);
      arrays.writeBigUInt64LE(BigInt(length), 8 * (keys.length + index));
      at += BigInt(length);
    }
    const pointers = addressOf(arrays);
    return { pointers, lengths: pointers + BigInt(8 * keys.length), memory: [arrays, bytes] };
  };
  return (keys) => {
    const table = made.get(keys) ?? make(keys);
    made.set(keys, table);
    return table;
  };
}
