import type { Call } from "../call.js";
import type { ById } from "./by-id.js";
import type { RunCommand, StreamCommand } from "./command.js";
import { errno, failedWith, unless } from "./command-failure.js";
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

/** Which snapshots to compare, by RBD's names of them. */
export interface DiffRequest {
  readonly from?: string | undefined;
  readonly to: string;
  readonly wholeObjects: boolean;
}

/** A run of bytes that may differ. */
export interface DiffExtent {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** False where nothing is there any more. */
  readonly exists: boolean;
}

/** The snapshots of images, by the images' ids. Fails with `CommandFailure`; ENOENT when there is no such image. */
export interface RbdSnapshots {
  /** All snapshots of an image, also those that only clones keep, in the order in which they were cut. */
  list(call: Call, imageId: string): Promise<readonly ImageSnapshot[]>;
  /** EEXIST when the image has a snapshot of that name. */
  create(call: Call, imageId: string, name: string): Promise<void>;
  /** Removes this very snapshot; clones keep what they need of it. Not there is success. */
  remove(call: Call, imageId: string, snapshotId: number): Promise<void>;
  /**
   * Streams where an image differs between two of its snapshots, or from nothing; it goes by the image's name, so who asks looks afterwards
   * whose name that is. Extents in rising order, as fine as RBD tells or in whole objects.
   */
  diff(call: Call, imageName: string, request: DiffRequest): AsyncIterable<DiffExtent>;
  /** Puts the image's bytes and size back; `word` names the permission to do so, which `revokeRollback` takes away. */
  rollback(call: Call, imageId: string, name: string, word: string): Promise<void>;
  /** After this no rollback with that word begins any more. */
  revokeRollback(call: Call, imageId: string, word: string): Promise<void>;
}

/** Makes the door to the snapshots in one pool and namespace. */
export function createRbdSnapshots(run: RunCommand, stream: StreamCommand, where: readonly string[], byId: ById): RbdSnapshots {
  const list: RbdSnapshots["list"] = async (call, imageId) => {
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
  };
  return {
    list,
    create: (call, imageId, name) =>
      byId.open(call, imageId, async (image) => {
        await run(call, { tool: "rbd", words: ["snap", "create"], args: [`--image=${image}`, `--snap=${name}`, "--no-progress", ...where], changes: true });
      }),
    remove: async (call, imageId, snapshotId) => {
      const args = [`--image-id=${imageId}`, `--snap-id=${snapshotId}`, ...where];
      try {
        await unless([errno.ENOENT], run(call, { tool: "rbd", words: ["snap", "rm"], args, changes: true }));
      } catch (thrown) {
        if (!failedWith(thrown, errno.EBUSY)) throw thrown;
        // What clones keep is removed once and busy ever after: another call has just removed it, or this command has and was run again.
        const left = (await unless([errno.ENOENT], list(call, imageId)))?.find(({ id }) => id === snapshotId);
        if (left !== undefined && left.kind !== "trash") throw thrown;
      }
    },
    diff: async function* (call, imageName, { from, to, wholeObjects }) {
      const which = [`--image=${imageName}`, `--snap=${to}`, ...(from === undefined ? [] : [`--from-snap=${from}`])];
      const args = [...which, ...(wholeObjects ? ["--whole-object"] : []), ...where, "--format=json"];
      let rest = "";
      for await (const chunk of stream(call, { tool: "rbd", words: ["diff"], args })) {
        rest += chunk;
        const end = rest.lastIndexOf("}") + 1;
        for (const [, offset, length, exists] of rest.slice(0, end).matchAll(extent)) {
          yield { offsetBytes: Number(offset), lengthBytes: Number(length), exists: exists === "true" };
        }
        rest = rest.slice(end);
      }
    },
    rollback: (call, imageId, name, word) =>
      byId.openRevocable(call, imageId, word, async (image) => {
        await run(call, { tool: "rbd", words: ["snap", "rollback"], args: [`--image=${image}`, `--snap=${name}`, "--no-progress", ...where], changes: true });
      }),
    revokeRollback: (call, imageId, word) => byId.revoke(call, imageId, word),
  };
}

/** One entry of `rbd diff`'s list, which is too long to be read as a whole. */
const extent = /\{"offset":(\d+),"length":(\d+),"exists":"(true|false)"\}/g;

const kindOf = (type: string): ImageSnapshot["kind"] => (type === "user" || type === "group" || type === "trash" ? type : "other");
