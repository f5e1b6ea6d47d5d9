import type { Call } from "../call.js";
import type { ById } from "./by-id.js";
import type { RunCommand } from "./command.js";
import { errno, unless } from "./command-failure.js";
import { decodeJson, snapshotsShape } from "./decode.js";

/** A snapshot of an image, as RBD has it. */
export interface ImageSnapshot {
  /** RBD's number of it: never used again in a pool. */
  readonly id: number;
  readonly name: string;
  readonly sizeBytes: number;
  /** When it was cut, to the second. */
  readonly createdAt: Date;
  /** `user`: an ordinary one. `group`: part of a group's. `trash`: removed, and kept while clones depend on it. */
  readonly kind: "user" | "group" | "trash" | "other";
  /** The group's snapshot that it is part of, where it is of the kind `group`. */
  readonly groupSnapshot?: { readonly group: string; readonly name: string } | undefined;
}

/** The snapshots of images, by the images' ids. Fails with `CommandFailure`; ENOENT when there is no such image. */
export interface RbdSnapshots {
  /** All snapshots of an image, also those that only clones keep, in the order in which they were cut. */
  list(call: Call, imageId: string): Promise<readonly ImageSnapshot[]>;
  /** EEXIST when the image has a snapshot of that name. */
  create(call: Call, imageId: string, name: string): Promise<void>;
  /** Removes this very snapshot; clones keep what they need of it. Not there is success. */
  remove(call: Call, imageId: string, snapshotId: number): Promise<void>;
  /** Puts the image's bytes and size back; `word` names the permission to do so, which `revokeRollback` takes away. */
  rollback(call: Call, imageId: string, name: string, word: string): Promise<void>;
  /** After this no rollback with that word begins any more. */
  revokeRollback(call: Call, imageId: string, word: string): Promise<void>;
}

/** Makes the door to the snapshots in one pool and namespace. */
export function createRbdSnapshots(run: RunCommand, where: readonly string[], byId: ById): RbdSnapshots {
  return {
    list: async (call, imageId) => {
      const args = [`--image-id=${imageId}`, "--all", ...where, "--format=json"];
      const text = await run(call, { tool: "rbd", words: ["snap", "ls"], args, changes: false });
      const found = decodeJson("rbd snap ls", text, snapshotsShape).map(({ id, name, size, timestamp, namespace }) => ({
        id,
        name,
        sizeBytes: size,
        createdAt: new Date(`${timestamp} UTC`),
        kind: kindOf(namespace.type),
        ...(namespace.group !== undefined && { groupSnapshot: { group: namespace.group, name: namespace["group snap"] ?? "" } }),
      }));
      return found.sort((a, b) => a.id - b.id);
    },
    create: (call, imageId, name) =>
      byId.open(call, imageId, async (image) => {
        await run(call, { tool: "rbd", words: ["snap", "create"], args: [`--image=${image}`, `--snap=${name}`, "--no-progress", ...where], changes: true });
      }),
    remove: async (call, imageId, snapshotId) => {
      const args = [`--image-id=${imageId}`, `--snap-id=${snapshotId}`, ...where];
      await unless([errno.ENOENT], run(call, { tool: "rbd", words: ["snap", "rm"], args, changes: true }));
    },
    rollback: (call, imageId, name, word) =>
      byId.openRevocable(call, imageId, word, async (image) => {
        await run(call, { tool: "rbd", words: ["snap", "rollback"], args: [`--image=${image}`, `--snap=${name}`, "--no-progress", ...where], changes: true });
      }),
    revokeRollback: (call, imageId, word) => byId.revoke(call, imageId, word),
  };
}

const kindOf = (type: string): ImageSnapshot["kind"] => (type === "user" || type === "group" || type === "trash" ? type : "other");
