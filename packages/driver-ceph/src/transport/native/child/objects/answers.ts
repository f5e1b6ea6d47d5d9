import { check } from "../failure.js";
import type { Libraries } from "../libraries.js";

/** What stands in an object's omap or among its attributes under one name. */
export type NamedBytes = readonly [name: string, bytes: Buffer];

/** Takes what an iterator of librados' leads to, and frees it. Where the read failed it leads nowhere: it has not even begun. */
export type TakeAll = (iterator: bigint, failed: number) => readonly NamedBytes[];

export function openAnswers({ rados, addressOf, bytesAt, stringAt }: Pick<Libraries, "rados" | "addressOf" | "bytesAt" | "stringAt">): { readonly omap: TakeAll; readonly attributes: TakeAll } {
  // librados writes four pointers or lengths here for each: read at once, so that all iterators can share them. A call takes an address in a third
  // of the time that it takes to find out where a buffer is.
  const next = Buffer.allocUnsafeSlow(32);
  const first = addressOf(next);
  const [second, third, fourth] = [first + 8n, first + 16n, first + 24n];
  const lengthAt = (at: number): number => Number(next.readBigUInt64LE(at));
  const all = (step: (iterator: bigint) => NamedBytes | undefined, free: (iterator: bigint) => number): TakeAll => (iterator, failed) => {
    try {
      const found: NamedBytes[] = [];
      if (failed !== 0) return found;
      for (let one = step(iterator); one !== undefined; one = step(iterator)) found.push(one);
      return found;
    } finally {
      free(iterator);
    }
  };
  const nextPair = (iterator: bigint): NamedBytes | undefined => {
    check("rados_omap_get_next2", rados.nextOmap(iterator, first, second, third, fourth));
    const key = next.readBigUInt64LE(0);
    return key === 0n ? undefined : [bytesAt(key, lengthAt(16)).toString("utf8"), bytesAt(next.readBigUInt64LE(8), lengthAt(24))];
  };
  const nextAttribute = (iterator: bigint): NamedBytes | undefined => {
    check("rados_getxattrs_next", rados.nextAttribute(iterator, first, second, third));
    const name = next.readBigUInt64LE(0);
    return name === 0n ? undefined : [stringAt(name), bytesAt(next.readBigUInt64LE(8), lengthAt(16))];
  };
  return { omap: all(nextPair, rados.freeOmap), attributes: all(nextAttribute, rados.freeAttributes) };
}
