import { BadEncoding, CephReader } from "../objects/encoding.js";
import { headerOf } from "../../../object-names.js";
import type { Objects } from "../objects/object-ops.js";

/** The least that librados waits for who does not answer. */
const answersWithinMs = 1_000;

/**
 * Whether surely nobody watches an image. Reading the watchers' addresses takes opening the image; that there are none is told in one round
 * trip, by a message that every watcher has to answer: the one by which RBD's clients tell each other to read the header again.
 * False where somebody watches, also one that does not answer, and where it cannot be told.
 */
export async function isUnwatched(objects: Objects, imageId: string): Promise<boolean> {
  const { errno, bytes } = await objects.notify(headerOf(imageId), answersWithinMs);
  return errno === 0 && countAnswers(bytes) === 0;
}

/** How many have answered such a message or were waited for in vain; undefined where the reply does not tell. */
export function countAnswers(reply: Buffer): number | undefined {
  try {
    const reader = new CephReader(reply);
    const skipWatcher = (): void => reader.skip(16);
    const answered = reader.list(() => {
      skipWatcher();
      reader.bytes();
    });
    return answered.length + reader.list(skipWatcher).length;
  } catch (thrown) {
    if (thrown instanceof BadEncoding) return undefined;
    throw thrown;
  }
}
