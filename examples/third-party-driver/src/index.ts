import { access, constants, mkdir } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { defineDriver } from "@opensds/core";
import * as v from "valibot";
import { createBackend } from "./backend.js";
import { openCatalogue } from "./catalogue.js";

/** What stands under `shelf_driver` in the backends file. */
const config = v.strictObject({
  dir: v.pipe(v.string(), v.check(isAbsolute, "must be an absolute path")),
});

/** The driver: a value, exported by name and as default. */
export const shelf = defineDriver({
  kind: "shelf",
  config,
  // Called by `setup`: connect, and prove that the backend works.
  connect: async ({ dir }, ctx) => {
    try {
      await mkdir(join(dir, "data"), { recursive: true });
      await access(dir, constants.W_OK);
    } catch (error) {
      throw ctx.fail("UNAVAILABLE", "directory-unusable", `${dir} cannot be used: make it a directory that this user may write to`, { cause: error });
    }
    return createBackend(dir, openCatalogue(dir));
  },
});

export default shelf;
