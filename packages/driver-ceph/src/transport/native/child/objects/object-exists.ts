import { errno, NativeFailure } from "../failure.js";
import type { Objects } from "./object-ops.js";

/** Whether there is an object. */
export async function objectExists(objects: Pick<Objects, "read">, object: string): Promise<boolean> {
  const read = objects.read();
  read.bytes(1);
  const failed = await read.run(object);
  if (failed !== 0 && failed !== errno.ENOENT) throw new NativeFailure("rados_read_op_operate", failed);
  return failed === 0;
}
