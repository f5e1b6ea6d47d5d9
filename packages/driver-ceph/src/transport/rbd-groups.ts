import type { Call } from "../call.js";
import type { RunCommand } from "./command.js";
import { CommandFailure, errno, unless } from "./command-failure.js";
import { decodeCephString, decodeHexDump } from "./decode.js";
import { decodeGroup, decodeGroupRef, type GroupContent } from "./decode-group.js";
import { decodeOmap } from "./decode-omap.js";

/** RBD's groups, by RBD's names of them. Reads go to the objects that hold them: RBD's own lists leave a group with a trashed image empty. */
export interface RbdGroups {
  /** The names of all groups. */
  list(call: Call): Promise<readonly string[]>;
  /** RBD's id of a group; undefined when there is none. */
  idOf(call: Call, group: string): Promise<string | undefined>;
  /** EEXIST when there is one. */
  create(call: Call, group: string): Promise<void>;
  /** Removes a group with its snapshots; its images stay. Not there is success. */
  remove(call: Call, group: string): Promise<void>;
  /** By RBD's id of the group. Undefined when there is none. */
  content(call: Call, groupId: string): Promise<GroupContent | undefined>;
  /** The name of the group that an image is in. */
  groupOf(call: Call, imageId: string): Promise<string | undefined>;
  /**
   * Goes by the name that RBD's directory has for the image, so who asks looks afterwards which image that was. EEXIST when it is in
   * another group; ENOENT when there is no such group or image. Again is harmless.
   */
  addImage(call: Call, group: string, imageName: string): Promise<void>;
  /** Goes by the name as well. Not in it is success. */
  removeImage(call: Call, group: string, imageName: string): Promise<void>;
  /** Cuts all images of a group at one moment. EEXIST: there is one of that name, complete or not; ENOENT: no such group. */
  cut(call: Call, group: string, name: string): Promise<void>;
  /** Removes the snapshots of all its images. Not there is success. */
  removeCut(call: Call, group: string, name: string): Promise<void>;
}

const directory = "rbd_group_directory";
/** The key in an image's header that names its group. */
export const groupRefKey = "rbd_group_ref";
/** The object that holds a group. */
export const groupHeaderOf = (groupId: string): string => `rbd_group_header.${groupId}`;

/** Makes the door to the groups in one pool and namespace. */
export function createRbdGroups(run: RunCommand, pool: string, namespace: string, where: readonly string[]): RbdGroups {
  // These commands overlook their options for the namespace, and take it in this form only.
  const placed = (name: string): string => [pool, ...(namespace === "" ? [] : [namespace]), name].join("/");
  const change = async (call: Call, words: readonly string[], args: readonly string[]): Promise<void> => {
    await run(call, { tool: "rbd", words: ["group", ...words], args, changes: true });
  };
  const omapOf = async (call: Call, object: string): Promise<ReadonlyMap<string, Buffer> | undefined> => {
    const text = await unless([errno.ENOENT], run(call, { tool: "rados", words: ["listomapvals"], args: [object, ...where], changes: false }));
    return text === undefined ? undefined : decodeOmap(text);
  };
  const valueOf = async (call: Call, object: string, key: string): Promise<Buffer | undefined> => {
    try {
      const text = await unless([errno.ENOENT], run(call, { tool: "rados", words: ["getomapval"], args: [object, key, ...where], changes: false }));
      return text === undefined ? undefined : decodeHexDump(text);
    } catch (thrown) {
      // A missing key has no error number of its own.
      if (thrown instanceof CommandFailure && thrown.errno === undefined && thrown.exitedWith === 1) return undefined;
      throw thrown;
    }
  };
  const textOf = async (call: Call, object: string, key: string): Promise<string | undefined> => {
    const value = await valueOf(call, object, key);
    return value && decodeCephString(value);
  };
  return {
    list: async (call) => {
      const keys = [...((await omapOf(call, directory))?.keys() ?? [])];
      return keys.flatMap((key) => (key.startsWith("name_") ? [key.slice("name_".length)] : []));
    },
    idOf: (call, group) => textOf(call, directory, `name_${group}`),
    create: (call, group) => change(call, ["create"], [`--group=${group}`, ...where]),
    remove: async (call, group) => {
      await unless([errno.ENOENT], change(call, ["rm"], [`--group=${group}`, ...where]));
    },
    content: async (call, groupId) => {
      const omap = await omapOf(call, groupHeaderOf(groupId));
      return omap && decodeGroup(omap);
    },
    groupOf: async (call, imageId) => {
      const reference = await valueOf(call, `rbd_header.${imageId}`, groupRefKey);
      return reference && textOf(call, directory, `id_${decodeGroupRef(reference)}`);
    },
    addImage: (call, group, imageName) => change(call, ["image", "add"], [placed(group), placed(imageName)]),
    removeImage: async (call, group, imageName) => {
      await unless([errno.ENOENT], change(call, ["image", "rm"], [placed(group), placed(imageName)]));
    },
    cut: (call, group, name) => change(call, ["snap", "create"], [`--group=${group}`, `--snap=${name}`, ...where]),
    removeCut: async (call, group, name) => {
      await unless([errno.ENOENT], change(call, ["snap", "rm"], [`--group=${group}`, `--snap=${name}`, ...where]));
    },
  };
}
