/** Bytes that are not what Ceph's encoding says: of a newer version, or no such thing. */
export class BadEncoding extends Error {
  override readonly name = "BadEncoding";
}

/** No bytes: what a method without input gets. */
export const nothing = Buffer.alloc(0);

/** Reads Ceph's own encoding: little endian, strings and lists behind their 32-bit length, versioned parts behind a header. */
export class CephReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }
  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }
  /** Beyond 2^53 - 1 it is not exact. */
  u64(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#take(8)));
  }
  bits64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }
  i64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8));
  }
  string(): string {
    return this.bytes().toString("utf8");
  }
  bytes(): Buffer {
    const length = this.u32();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }
  list<Item>(read: () => Item): Item[] {
    const count = this.u32();
    // Every item takes a byte at least.
    if (count > this.#bytes.length - this.#at) throw new BadEncoding(`a list of ${count} items does not fit`);
    return Array.from({ length: count }, read);
  }
  skip(length: number): void {
    this.#take(length);
  }
  /** A part with a version before it and its length; what a newer version has put behind is skipped. */
  versioned<Value>(known: number, read: (inside: CephReader) => Value): Value {
    this.u8();
    const compatible = this.u8();
    if (compatible > known) throw new BadEncoding(`needs version ${compatible}, and ${known} is known`);
    return read(new CephReader(this.bytes()));
  }

  #take(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw new BadEncoding(`ends after ${this.#bytes.length} bytes`);
    this.#at += length;
    return start;
  }
}

export const u8 = (value: number): Buffer => Buffer.from([value]);

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

export function string(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([u32(bytes.length), bytes]);
}

/** A part of version 1, readable for whoever knows version 1. */
export function versioned(...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([u8(1), u8(1), u32(content.length), content]);
}
