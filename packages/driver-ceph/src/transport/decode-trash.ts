import { CommandFailure } from "./command-failure.js";
import { decodeHexDump } from "./decode.js";
import { trashObject } from "./object-names.js";

/** An image in RBD's trash. */
export interface TrashedImage {
  readonly id: string;
  /** The name that it had. */
  readonly name: string;
  /** When it was moved there, to the second. */
  readonly deletedAt: Date;
  /** Before this moment RBD does not purge it unless forced; absent: any time. */
  readonly keptUntil?: Date | undefined;
}

/** RBD's numbers for who put an image there: a user, and a user who may not purge it before its clones. */
const usersSources = [0, 4];
const command = `rados listomapvals ${trashObject}`;

/** Reads what `rados listomapvals` prints of RBD's trash: the images that users put there. */
export function decodeTrash(text: string): readonly TrashedImage[] {
  return text.split(/^id_/m).slice(1).flatMap((entry) => {
    const image = decodeEntry(entry.slice(0, entry.indexOf("\n")), decodeHexDump(entry));
    return image === undefined ? [] : [image];
  });
}

/** One entry in Ceph's own encoding: version, compatible version, length; then source, name, deletion and end of keeping. */
function decodeEntry(id: string, bytes: Buffer): TrashedImage | undefined {
  const nameBegins = 11;
  const nameEnds = bytes.length < nameBegins ? Infinity : nameBegins + bytes.readUInt32LE(7);
  if (bytes.length < nameEnds + 16 || bytes.readUInt8(1) > 2) throw new CommandFailure(command, undefined, `the entry of image ${id} has no known form`);
  if (!usersSources.includes(bytes.readUInt8(6))) return undefined;
  const keptUntil = timeAt(bytes, nameEnds + 8);
  const name = bytes.subarray(nameBegins, nameEnds).toString("utf8");
  return { id, name, deletedAt: timeAt(bytes, nameEnds), ...(keptUntil.getTime() > Date.now() && { keptUntil }) };
}

/** To the second. */
const timeAt = (bytes: Buffer, offset: number): Date => new Date(bytes.readUInt32LE(offset) * 1_000);
