import { directoryObject, nameObject } from "../../../object-names.js";
import { BadEncoding, CephReader } from "../objects/encoding.js";
import { errno, NativeFailure } from "../failure.js";
import type { Objects } from "../objects/object-ops.js";

const namePrefix = "name_";
/** Names that one read brings. */
const perRead = 1_000;

/** An image in RBD's directory. */
export interface Listed {
  readonly name: string;
  readonly id: string;
}

/** RBD's directory of a pool and namespace, and the objects that lead from a name to an id. */
export interface Directory {
  idOf(imageName: string): Promise<string | undefined>;
  nameOf(imageId: string): Promise<string | undefined>;
  /** The id behind the name's own object, by which RBD opens. */
  openedBy(imageName: string): Promise<string | undefined>;
  /** Up to so many images after a name, in the order of the names' bytes, whose names begin so. */
  page(prefix: string, after: string, limit: number): Promise<{ readonly images: readonly Listed[]; readonly more: boolean }>;
  names(): Promise<readonly string[]>;
}

export function openDirectory(objects: Objects): Directory {
  const readKey = async (key: string): Promise<string | undefined> => {
    const read = objects.read();
    const values = read.keys([key]);
    const failed = await read.run(directoryObject);
    if (failed === errno.ENOENT) return undefined;
    if (failed !== 0) throw new NativeFailure("rados_read_op_operate", failed);
    const value = values().get(key);
    return value === undefined ? undefined : new CephReader(value).string();
  };

  const page: Directory["page"] = async (prefix, after, limit) => {
    const read = objects.read();
    // The keys in question begin after every other name, also where `after` is shorter than the prefix.
    const range = read.range(namePrefix + (after < prefix ? "" : after), namePrefix + prefix, limit);
    const failed = await read.run(directoryObject);
    if (failed === errno.ENOENT) return { images: [], more: false };
    if (failed !== 0) throw new NativeFailure("rados_read_op_operate", failed);
    const { pairs, more } = range();
    return { images: pairs.map(([key, value]) => ({ name: key.slice(namePrefix.length), id: new CephReader(value).string() })), more };
  };

  return {
    idOf: (imageName) => readKey(namePrefix + imageName),
    nameOf: (imageId) => readKey(`id_${imageId}`),
    openedBy: async (imageName) => {
      const read = objects.read();
      const content = read.bytes(256);
      const failed = await read.run(nameObject(imageName));
      if (failed === errno.ENOENT) return undefined;
      if (failed !== 0) throw new NativeFailure("rados_read_op_operate", failed);
      const { bytes } = content();
      // Made, and not written yet.
      if (bytes.length === 0) return undefined;
      return new CephReader(bytes).string();
    },
    page,
    names: async () => {
      const names: string[] = [];
      let after = "";
      for (;;) {
        const { images, more } = await page("", after, perRead);
        names.push(...images.map(({ name }) => name));
        const last = images.at(-1);
        if (!more) return names;
        if (last === undefined) throw new BadEncoding("RBD's directory says that it goes on and does not");
        after = last.name;
      }
    },
  };
}
