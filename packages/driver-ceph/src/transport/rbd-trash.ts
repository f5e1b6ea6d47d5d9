import { together } from "../bounded.js";
import type { Call } from "../call.js";
import type { ById } from "./by-id.js";
import type { RunCommand } from "./command.js";
import { errno, unless } from "./command-failure.js";
import { decodeJson, diffShape } from "./decode.js";
import { decodeTrash, type TrashedImage } from "./decode-trash.js";
import { dropAlias } from "./drop-alias.js";
import { trashObject } from "./object-names.js";
import { doomedKey } from "./rados.js";
import { guard } from "./rbd.js";

/** RBD's trash in one pool and namespace. Fails with `CommandFailure`. */
export interface RbdTrash {
  /** What ordinary users put there; not what RBD itself keeps there for mirroring or migration. */
  list(call: Call): Promise<readonly TrashedImage[]>;
  /**
   * Brings an image back under a name. EEXIST when another image has the name, ENOENT when it is not in the trash, EBUSY while it is being
   * purged.
   */
  restore(call: Call, imageId: string, name: string): Promise<void>;
  /**
   * Moves the image of this name there, if it is marked as doomed, to be kept for so many seconds: before that, it is purged only by force.
   * ENOSYS when the name belongs to another image by now, ENOENT when it is nobody's.
   */
  moveDoomed(call: Call, name: string, keepSeconds: number): Promise<void>;
  /** Purges an image however long it was to be kept. Not there is success; ENOTEMPTY while it has snapshots. */
  purgeNow(call: Call, imageId: string): Promise<void>;
  /** Takes the doomed mark from an image. */
  clearDoomed(call: Call, imageId: string): Promise<void>;
  /** How many bytes an image has in objects, by its id. */
  heldBytes(call: Call, imageId: string): Promise<number>;
}

/** Makes the door to the trash of one pool and namespace. */
export function createRbdTrash(run: RunCommand, where: readonly string[], byId: ById): RbdTrash {
  return {
    // `rbd trash ls --long` opens every image, and fails on all of them when one is gone before its entry is.
    list: async (call) => {
      const read = run(call, { tool: "rados", words: ["listomapvals"], args: [trashObject, ...where], changes: false });
      return decodeTrash((await unless([errno.ENOENT], read)) ?? "");
    },
    restore: async (call, imageId, name) => {
      const args = [`--image-id=${imageId}`, `--image=${name}`, ...where];
      await run(call, { tool: "rbd", words: ["trash", "restore"], args, changes: true });
    },
    moveDoomed: async (call, name, keepSeconds) => {
      const until = new Date(Date.now() + keepSeconds * 1_000).toISOString().replace(/\.\d+Z$/, "Z");
      const args = [`--image=${name}`, `--expires-at=${until}`, guard, ...where];
      await run(call, { tool: "rbd", words: ["trash", "mv"], args, changes: true });
    },
    purgeNow: async (call, imageId) => {
      const args = [`--image-id=${imageId}`, "--force", "--no-progress", ...where];
      await together(unless([errno.ENOENT], run(call, { tool: "rbd", words: ["trash", "rm"], args, changes: true })), dropAlias(run, call, imageId, where));
    },
    clearDoomed: async (call, imageId) => {
      const args = [`rbd_header.${imageId}`, doomedKey, ...where];
      await unless([errno.ENOENT], run(call, { tool: "rados", words: ["rmomapkey"], args, changes: true }));
    },
    heldBytes: (call, imageId) =>
      byId.open(call, imageId, async (image) => {
        const args = [`--image=${image}`, "--whole-object", ...where, "--format=json"];
        const extents = decodeJson("rbd diff", await run(call, { tool: "rbd", words: ["diff"], args, changes: false }), diffShape);
        return extents.reduce((sum, { length, exists }) => sum + (exists === "true" ? length : 0), 0);
      }),
  };
}
