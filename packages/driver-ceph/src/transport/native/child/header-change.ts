import { NativeFailure } from "./failure.js";
import { headerOf } from "./header.js";
import type { Objects } from "./object-ops.js";
import type { ObjectWrite } from "./object-writes.js";

/** Changes an image's header, where it is there; answers with one of the expected error numbers, or 0. */
export type ChangeHeader = (imageId: string, what: string, expected: readonly number[], add: (write: ObjectWrite) => void) => Promise<number>;

export const openHeaderChange =
  (objects: Pick<Objects, "write">): ChangeHeader =>
  async (imageId, what, expected, add) => {
    const write = objects.write();
    write.assertExists();
    add(write);
    const failed = await write.run(headerOf(imageId));
    if (failed === 0 || expected.includes(failed)) return failed;
    throw new NativeFailure(what, failed);
  };
