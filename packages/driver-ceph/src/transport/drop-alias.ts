import type { Call } from "../call.js";
import { aliasOf } from "./alias-name.js";
import type { RunCommand } from "./command.js";
import { errno, unless } from "./command-failure.js";
import { nameObject } from "./object-names.js";

/** Takes away the name by which an image that goes was opened by its id, where a killed call has left it; not there is success. */
export async function dropAlias(run: RunCommand, call: Call, imageId: string, where: readonly string[]): Promise<void> {
  await unless([errno.ENOENT], run(call, { tool: "rados", words: ["rm"], args: [nameObject(aliasOf(imageId)), ...where], changes: true }));
}
