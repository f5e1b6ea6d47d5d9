import type { Libraries } from "../libraries.js";

/** Memory that native code writes to while an operation is under way. */
export interface Arena {
  /** Takes a part, whose first bytes are zero. */
  take(zeroBytes: number, length: number): Part;
  /** Gives all of it back: native code must be done with it, and nothing of it be needed any more. */
  release(): void;
}

/** A part of an arena: as memory, and where it is. */
export interface Part {
  readonly bytes: Buffer;
  /** Where the part stands within `bytes`. */
  readonly at: number;
  readonly address: bigint;
}

interface Chunk {
  readonly bytes: Buffer;
  readonly address: bigint;
}

/** Room for the answers of one look at a header; what needs more gets a chunk of its own. */
const chunkBytes = 16 * 1024;
/** Chunks that are kept for later. */
const mostFree = 256;

/** Makes arenas of chunks that are used again: memory of its own for every answer costs more than the answer. */
export function openArenas({ addressOf }: Pick<Libraries, "addressOf">): () => Arena {
  const free: Chunk[] = [];
  const allocate = (length: number): Chunk => {
    const bytes = Buffer.allocUnsafeSlow(length);
    return { bytes, address: addressOf(bytes) };
  };
  return () => {
    const chunks: Chunk[] = [];
    let used = 0;
    return {
      take: (zeroBytes, length) => {
        let chunk = chunks.at(-1);
        if (chunk === undefined || used + length > chunk.bytes.length) {
          chunk = length <= chunkBytes ? (free.pop() ?? allocate(chunkBytes)) : allocate(length);
          chunks.push(chunk);
          used = 0;
        }
        const at = used;
        // Numbers of 8 bytes are written here: they stand aligned.
        used += Math.ceil(length / 8) * 8;
        chunk.bytes.fill(0, at, at + zeroBytes);
        return { bytes: chunk.bytes, at, address: chunk.address + BigInt(at) };
      },
      release: () => {
        for (const chunk of chunks) if (chunk.bytes.length === chunkBytes && free.length < mostFree) free.push(chunk);
        chunks.length = 0;
      },
    };
  };
}
