/** Numbers that look random and repeat with their seed. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number, at least 0, below `limit`. */
  integer(limit: number): number;
  /** So many bytes. */
  bytes(length: number): Buffer;
}

/** Makes a generator (mulberry32) whose numbers depend on the seed and on the text, such as a check's id. */
export function createRandom(seed: number, text: string): Random {
  let state = seed >>> 0;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  const word = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const next = (): number => word() / 2 ** 32;
  return {
    next,
    integer: (limit) => Math.floor(next() * limit),
    bytes: (length) => {
      const bytes = Buffer.alloc(length);
      for (let offset = 0; offset + 4 <= length; offset += 4) bytes.writeUInt32LE(word(), offset);
      for (let offset = length - (length % 4); offset < length; offset += 1) bytes[offset] = word() & 0xff;
      return bytes;
    },
  };
}
