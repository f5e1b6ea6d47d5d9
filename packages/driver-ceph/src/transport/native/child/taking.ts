import type { Operations } from "../protocol.js";
import type { Directory } from "./directory.js";
import { u64 } from "./encoding.js";
import { errno } from "./failure.js";
import type { ChangeHeader } from "./header-change.js";
import type { RbdImages } from "./images.js";
import { lockClass, takeInput } from "./locks.js";

type Of<Op extends keyof Operations> = Operations[Op]["args"];

/** Takes locks on images' headers, never on one that is not there. */
export interface Taking {
  /** False where somebody has the lock, or there is no such header. */
  readonly takeLock: (wanted: Of<"takeLock">) => Promise<boolean>;
  /** Makes an image and takes a lock on the one that has the name then, where it is of the size that was asked for; its id, or null. */
  readonly createLocked: (wanted: Of<"createLocked">) => Promise<string | null>;
}

export function openTaking(changeHeader: ChangeHeader, images: Pick<RbdImages, "create">, directory: Pick<Directory, "openedBy">): Taking {
  const take = async ({ imageId, lock, request }: Of<"takeLock">, sizeBytes?: number): Promise<boolean> => {
    const taken = [errno.ENOENT, errno.EBUSY, errno.EEXIST, errno.ECANCELED];
    const failed = await changeHeader(imageId, "lock.lock", taken, (write) => {
      if (sizeBytes !== undefined) write.assertKey("size", u64(BigInt(sizeBytes)));
      write.exec(lockClass, "lock", takeInput(lock, request));
    });
    return failed === 0;
  };

  return {
    takeLock: (wanted) => take(wanted),
    createLocked: async ({ imageName, form, lock, request }) => {
      await images.create(imageName, form);
      // Where this was stopped for long the name may be another request's image by now, which is nobody's volume yet either.
      const imageId = await directory.openedBy(imageName);
      return imageId !== undefined && (await take({ imageId, lock, request }, form.sizeBytes)) ? imageId : null;
    },
  };
}
