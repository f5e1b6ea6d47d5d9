import { NativeFailure } from "../failure.js";
import type { Objects } from "./object-ops.js";
import type { ObjectWrite } from "./object-writes.js";

/** Changes one object; answers with one of the expected error numbers, or 0. Fails with any other, naming what was to be done. */
export type ChangeObject = (object: string, what: string, expected: readonly number[], add: (write: ObjectWrite) => void) => Promise<number>;

/** A mismatch of a comparison of bytes is told as this or more: the place of the first difference is added. */
export const mismatch = 4_095;

export const openObjectChange =
  (objects: Pick<Objects, "write">): ChangeObject =>
  async (object, what, expected, add) => {
    const write = objects.write();
    add(write);
    const failed = await write.run(object);
    if (failed === 0 || expected.includes(failed) || (failed >= mismatch && expected.includes(mismatch))) return failed;
    throw new NativeFailure(what, failed);
  };
