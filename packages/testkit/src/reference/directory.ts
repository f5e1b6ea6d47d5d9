import { mkdir, realpath, stat } from "node:fs/promises";
import type { CallContext } from "@opensds/core";
import { errnoOf } from "./file-system.js";

/** Makes sure that the configured directory is there; its parents must be. Returns its path, symbolic links resolved. */
export async function prepareDirectory(dir: string, ctx: CallContext<"setup">): Promise<string> {
  await ctx.step("make-directory");
  try {
    await mkdir(dir, { mode: 0o700 });
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      const message = `dir ${dir} cannot be made because its parent directory is not there; make the parent, or configure another dir`;
      throw ctx.fail("NOT_FOUND", "directory-not-found", message, { resource: dir, outcome: "none", cause: error });
    }
    if (code !== "EEXIST" && code !== "EISDIR") throw error;
  }
  if (!(await stat(dir)).isDirectory()) {
    const message = `dir ${dir} is a file, not a directory; configure another dir`;
    throw ctx.fail("FAILED_PRECONDITION", "directory-is-file", message, { resource: dir, outcome: "none" });
  }
  return realpath(dir);
}
