import { randomBytes } from "node:crypto";
import { together } from "../../../../bounded.js";
import { directoryObject, headerOf, nameObject, objectMapOf, rbdClass } from "../../../object-names.js";
import type { PlacedForm } from "../../../rbd-making.js";
import { errno, failedWith, NativeFailure } from "../failure.js";
import { string, u64, u8 } from "../objects/encoding.js";
import { openObjectChange } from "../objects/object-change.js";
import { objectExists } from "../objects/object-exists.js";
import type { Objects } from "../objects/object-ops.js";
import { leadTo, type Listing } from "./listing.js";
import { plainForm, type PlainForm } from "./plain-form.js";
import { isValidated, mayHaveOwnDefaults } from "./pool-validation.js";

/** An image's id has at most so many characters (librbd's `RBD_IMAGE_ID_LENGTH` is 14); chance alone keeps two of them apart. */
const idBytes = 7;
/** A namespace's directory takes images until its removal begins. */
const takesImages = u8(0);
/** No pool of its own for its data. */
const samePool = u64(0xffff_ffff_ffff_ffffn);

/** Makes images that need nothing but their own objects, as `rbd_create` would. */
export interface ImageMaking {
  /** False, with nothing done, where only librbd can make such an image in this pool. EEXIST when the name is taken. */
  make(imageName: string, form: PlacedForm): Promise<boolean>;
}

/**
 * `rbd_create` makes an image's four objects one behind the other, and reads a pool's settings in three ways first. The name's object and the object
 * map do not need each other, and what stays the same need not be asked: that is half of its time. Killed at any place, this leaves what a killed
 * `rbd_create` leaves: a listed name without a header. The header comes last here, so that an image with a header is whole.
 */
export function openImageMaking(
  objects: Objects,
  inRoot: Pick<Objects, "read">,
  { namespace, option }: { readonly namespace: string; readonly option: (name: string) => string },
  listing: Pick<Listing, "dropHalfMade">,
): ImageMaking {
  const change = openObjectChange(objects);

  /** Whether a plain image can be made here: the pool takes images, and has no settings of its own for new ones. */
  const canMake = async (): Promise<boolean> => {
    const [validated, own] = await together(isValidated(inRoot), namespace === "" ? Promise.resolve(false) : mayHaveOwnDefaults(objects));
    return validated && !own;
  };
  const isTaken = async (imageName: string): Promise<boolean> => {
    // The second is the header of an image of format 1.
    const [named, old] = await together(objectExists(objects, nameObject(imageName)), objectExists(objects, `${imageName}.rbd`));
    return named || old;
  };

  /** Who lists a name first has it. */
  const list = (imageName: string, imageId: string): Promise<unknown> =>
    change(directoryObject, "rbd.dir_add_image", [], (write) => {
      if (namespace !== "") write.exec(rbdClass, "dir_state_assert", takesImages);
      write.exec(rbdClass, "dir_add_image", Buffer.concat([string(imageName), string(imageId)]));
    });
  const name = (imageName: string, imageId: string): Promise<unknown> =>
    change(nameObject(imageName), "rados_create", [], leadTo(imageId));
  const map = (imageId: string, { objectCount }: PlainForm): Promise<unknown> =>
    change(objectMapOf(imageId), "rbd.object_map_resize", [], (write) =>
      // What is not there yet has the state 0.
      write.exec(rbdClass, "object_map_resize", Buffer.concat([u64(BigInt(objectCount)), u8(0)])),
    );
  const head = (imageId: string, { sizeBytes, order, features }: PlainForm): Promise<unknown> =>
    change(headerOf(imageId), "rbd.create", [], (write) => {
      write.create(true);
      const form = [u64(BigInt(sizeBytes)), u8(order), u64(features), string(`rbd_data.${imageId}`), samePool];
      write.exec(rbdClass, "create", Buffer.concat(form));
    });

  return {
    make: async (imageName, wanted) => {
      const form = plainForm(wanted, option);
      if (form === undefined) return false;
      const [can, taken] = await together(canMake(), isTaken(imageName));
      if (!can) return false;
      if (taken) throw new NativeFailure("rbd.create", errno.EEXIST);

      const imageId = randomBytes(idBytes).toString("hex");
      await list(imageName, imageId);
      try {
        await together(name(imageName, imageId), form.hasObjectMap ? map(imageId, form) : Promise.resolve());
        await head(imageId, form);
      } catch (thrown) {
        // A write that is given up may still come: what it leaves is told from a whole image, and whoever comes next clears it.
        if (!failedWith(thrown, errno.ETIMEDOUT)) await listing.dropHalfMade(imageId).catch(() => undefined);
        throw thrown;
      }
      return true;
    },
  };
}
