import { headerOf } from "../../../object-names.js";
import { openObjectChange } from "../objects/object-change.js";
import type { Objects } from "../objects/object-ops.js";
import type { ObjectWrite } from "../objects/object-writes.js";

/** Changes an image's header, where it is there; answers with one of the expected error numbers, or 0. */
export type ChangeHeader = (imageId: string, what: string, expected: readonly number[], add: (write: ObjectWrite) => void) => Promise<number>;

export function openHeaderChange(objects: Pick<Objects, "write">): ChangeHeader {
  const change = openObjectChange(objects);
  return (imageId, what, expected, add) =>
    change(headerOf(imageId), what, expected, (write) => {
      write.assertExists();
      add(write);
    });
}
