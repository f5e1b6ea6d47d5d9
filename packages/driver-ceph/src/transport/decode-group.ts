import { CommandFailure } from "./command-failure.js";

/** One snapshot of a whole group, as the group's own record has it. */
export interface GroupCut {
  readonly name: string;
  /** False while it is being cut or removed, and where that was cut off. */
  readonly complete: boolean;
  /** RBD's number of the snapshot of each image. */
  readonly images: readonly { readonly imageId: string; readonly number: number }[];
}

/** What the record of a group holds. */
export interface GroupContent {
  /** The ids of the images that are in it; not those that are just being added. */
  readonly members: readonly string[];
  readonly cuts: readonly GroupCut[];
}

/** Reads what the omap of a group's header says. */
export function decodeGroup(omap: ReadonlyMap<string, Buffer>): GroupContent {
  const members: string[] = [];
  const cuts: GroupCut[] = [];
  for (const [key, value] of omap) {
    const member = /^image_[0-9a-f]{16}_([0-9A-Za-z]+)$/.exec(key)?.[1];
    // 0 is attached, 1 is on the way.
    if (member !== undefined && value[0] === 0) members.push(member);
    if (key.startsWith("snapshot_")) cuts.push(decodeCut(value));
  }
  return { members: members.sort(), cuts };
}

/** The id of the group that an image's header names. */
export function decodeGroupRef(value: Buffer): string {
  const reader = new Reader(value);
  reader.envelope();
  reader.uint64();
  return reader.text();
}

function decodeCut(value: Buffer): GroupCut {
  const reader = new Reader(value);
  reader.envelope();
  reader.text();
  const name = reader.text();
  const complete = reader.byte() === 1;
  const images = Array.from({ length: reader.uint32() }, () => {
    const end = reader.envelope();
    reader.uint64();
    const image = { imageId: reader.text(), number: reader.uint64() };
    reader.skipTo(end);
    return image;
  });
  return { name, complete, images };
}

/** Ceph's encoding: little endian, texts behind their length, structures behind two versions and their length. */
class Reader {
  readonly bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  byte(): number {
    return this.bytes.readUInt8(this.#take(1));
  }
  uint32(): number {
    return this.bytes.readUInt32LE(this.#take(4));
  }
  uint64(): number {
    return Number(this.bytes.readBigUInt64LE(this.#take(8)));
  }
  text(): string {
    const length = this.uint32();
    const from = this.#take(length);
    return this.bytes.toString("utf8", from, from + length);
  }
  /** Where the structure that begins here ends. */
  envelope(): number {
    this.byte();
    if (this.byte() > 1) throw unknown("has a newer encoding");
    return this.uint32() + this.#at;
  }
  skipTo(end: number): void {
    this.#at = end;
  }
  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.bytes.length) throw unknown("ends too early");
    this.#at += length;
    return from;
  }
}

const unknown = (what: string): CommandFailure => new CommandFailure("rados listomapvals", undefined, `the record of an RBD group ${what}`);
