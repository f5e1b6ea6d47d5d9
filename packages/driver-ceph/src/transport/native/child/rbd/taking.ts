import type { Operations } from "../../protocol.js";
import { u64 } from "../objects/encoding.js";
import { errno } from "../failure.js";
import type { ChangeHeader } from "./header-change.js";
import { lockClass, takeInput } from "./locks.js";

type Of<Op extends keyof Operations> = Operations[Op]["args"];

/** Takes locks on images' headers, never on one that is not there. */
export interface Taking {
  /** False where somebody has the lock, or there is no such header. */
  readonly takeLock: (wanted: Of<"takeLock">) => Promise<boolean>;
  /** The same, and false also where the image has another size: whoever was stopped for long may have been told another request's image. */
  readonly takeSized: (wanted: Of<"takeSized">) => Promise<boolean>;
}

export function openTaking(changeHeader: ChangeHeader): Taking {
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
    takeSized: (wanted) => take(wanted, wanted.sizeBytes),
  };
}
