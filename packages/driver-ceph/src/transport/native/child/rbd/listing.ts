import { aliasOf } from "../../../alias-name.js";
import { directoryObject, headerOf, nameObject, objectMapOf, rbdClass, trashObject } from "../../../object-names.js";
import { string, u32, u8, versioned } from "../objects/encoding.js";
import type { Directory } from "./directory.js";
import { errno, NativeFailure } from "../failure.js";
import { mismatch, openObjectChange } from "../objects/object-change.js";
import { objectExists } from "../objects/object-exists.js";
import type { Objects } from "../objects/object-ops.js";
import type { ObjectWrite } from "../objects/object-writes.js";

/** How often a name that moves away under the work is looked up again. */
const renamesFollowed = 5;

/**
 * Takes images out of RBD's directory, each write conditional on the image's id: what librbd does in `rbd_trash_move` and for
 * half-made images in `rbd_remove`, but for its unconditional removal of the name's object, which may be a new image's by then.
 */
export interface Listing {
  /** Moves an image to the trash under whatever name it has. Not in the directory is success. */
  moveToTrash(imageId: string): Promise<void>;
  /** The same for an image that opens by a name which the directory does not have. */
  moveUnlistedToTrash(imageId: string, imageName: string): Promise<void>;
  /** Removes what a killed maker left of an image that has no size yet; false when it has one by now. */
  dropHalfMade(imageId: string): Promise<boolean>;
  /** Gives a listed image its name's object back, where there is none. */
  restoreName(imageId: string, imageName: string): Promise<void>;
  /** What is left of an image whose header is gone. */
  dropRemains(imageId: string): Promise<void>;
  /** Makes the trash's object, which a full pool has no room for later. */
  prepareTrash(): Promise<void>;
}

export function openListing(objects: Objects, directory: Pick<Directory, "nameOf">): Listing {
  const change = openObjectChange(objects);
  /** Takes the image's entry and its name's object away; neither where they are another image's. False: it had no entry under the name. */
  const unlist = async (imageId: string, imageName: string): Promise<boolean> => {
    await change(nameObject(imageName), "rados_remove", [errno.ENOENT, mismatch], (write) => {
      write.assertBytes(string(imageId));
      write.remove();
    });
    const gone = [errno.ENOENT, errno.ESTALE];
    const entry = Buffer.concat([string(imageName), string(imageId)]);
    return (await change(directoryObject, "rbd.dir_remove_image", gone, (write) => write.exec(rbdClass, "dir_remove_image", entry))) === 0;
  };
  const move = async (imageId: string, name: string): Promise<boolean> => {
    const entry = Buffer.concat([string(imageId), trashSpec(name, new Date())]);
    await change(trashObject, "rbd.trash_add", [errno.EEXIST], (write) => write.exec(rbdClass, "trash_add", entry));
    return unlist(imageId, name);
  };
  const dropRemains: Listing["dropRemains"] = async (imageId) => {
    if (await objectExists(objects, headerOf(imageId))) return;
    // librbd removes the header before the object map: cut off between the two, it never comes back to the map.
    await change(objectMapOf(imageId), "rados_remove", [errno.ENOENT], (write) => write.remove());
    // A command that outlived its killed dock may have made it after all others were through.
    await change(nameObject(aliasOf(imageId)), "rados_remove", [errno.ENOENT], (write) => write.remove());
  };

  return {
    moveToTrash: async (imageId) => {
      for (let turn = 0; turn < renamesFollowed; turn += 1) {
        const name = await directory.nameOf(imageId);
        // The entry that was taken away was its only one; where there was none, it was renamed or moved by others meanwhile.
        if (name === undefined || (await move(imageId, name))) return;
      }
      throw new NativeFailure("rbd.trash_add", errno.EBUSY, `image ${imageId} is renamed again and again`);
    },
    moveUnlistedToTrash: async (imageId, imageName) => {
      await move(imageId, imageName);
    },
    dropHalfMade: async (imageId) => {
      const dropped = await change(headerOf(imageId), "rados_remove", [errno.ENOENT, errno.ECANCELED], (write) => {
        write.assertExists();
        write.assertNoKey("size");
        write.remove();
      });
      if (dropped === errno.ECANCELED) return false;
      const name = await directory.nameOf(imageId);
      if (name !== undefined) await unlist(imageId, name);
      await dropRemains(imageId);
      return true;
    },
    restoreName: async (imageId, imageName) => {
      await change(nameObject(imageName), "rados_create", [errno.EEXIST], leadTo(imageId));
    },
    dropRemains,
    prepareTrash: async () => {
      await change(trashObject, "rados_create", [errno.EDQUOT, errno.ENOSPC, errno.EPERM], (write) => write.create(false));
    },
  };
}

/** Makes a name's object, which leads to this image, where there is none. */
export const leadTo =
  (imageId: string) =>
  (write: Pick<ObjectWrite, "create" | "content">): void => {
    write.create(true);
    write.content(string(imageId));
  };

/** An entry of the trash, version 1: by a user, under which name, since when, and to be kept until when. */
function trashSpec(imageName: string, since: Date): Buffer {
  const seconds = Math.floor(since.getTime() / 1_000);
  const time = Buffer.concat([u32(seconds), u32(0)]);
  return versioned(u8(0), string(imageName), time, time);
}
