import type { Call } from "../call.js";
import type { RunCommand } from "./command.js";
import { errno, unless } from "./command-failure.js";
import { decodeJson, imageDetailsShape, longListShape } from "./decode.js";

/** The snapshot that a clone depends on. */
export interface ImageParent {
  readonly pool: string;
  readonly namespace: string;
  readonly imageName: string;
  readonly imageId: string;
}

/** What most operations need not know of an image. */
export interface ImageDetails {
  /** What RBD says is wrong with it, such as `object map invalid`. */
  readonly flags: readonly string[];
  /** The snapshot that it is a clone of and still depends on. */
  readonly parent?: ImageParent | undefined;
  /** Whether this cluster may write to it; undefined where the image is not mirrored. */
  readonly primary?: boolean | undefined;
}

/** A closer look at images. Fails with `CommandFailure`. */
export interface RbdDetails {
  /** Of an image by its id, also one in the trash. ENOENT when there is none. */
  of(call: Call, imageId: string): Promise<ImageDetails>;
  /** The names of all objects, those of images' data too. */
  objects(call: Call): Promise<readonly string[]>;
  /** Whether a header is RBD's, and not only an empty object that a lock taken too late has made. False where there is none. */
  hasContent(call: Call, imageId: string): Promise<boolean>;
  /** Removes an object; not there is success. */
  removeObject(call: Call, object: string): Promise<void>;
  /** The sizes of all images that can be opened, by their names. */
  sizes(call: Call): Promise<ReadonlyMap<string, number>>;
}

/** Makes the door to one pool and namespace. */
export function createRbdDetails(run: RunCommand, where: readonly string[]): RbdDetails {
  return {
    of: async (call, imageId) => {
      const args = [`--image-id=${imageId}`, ...where, "--format=json"];
      const text = await run(call, { tool: "rbd", words: ["info"], args, changes: false });
      const { flags, parent, mirroring } = decodeJson("rbd info", text, imageDetailsShape);
      return {
        flags,
        parent: parent && { pool: parent.pool, namespace: parent.pool_namespace, imageName: parent.image, imageId: parent.id },
        primary: mirroring?.state === "enabled" ? mirroring.primary : undefined,
      };
    },
    objects: async (call) => {
      const text = await run(call, { tool: "rados", words: ["ls"], args: where, changes: false });
      return text.split("\n").filter((name) => name !== "");
    },
    hasContent: async (call, imageId) => {
      const args = [`rbd_header.${imageId}`, ...where];
      const keys = await unless([errno.ENOENT], run(call, { tool: "rados", words: ["listomapkeys"], args, changes: false }));
      return keys?.split("\n").includes("size") ?? false;
    },
    removeObject: async (call, object) => {
      await unless([errno.ENOENT], run(call, { tool: "rados", words: ["rm"], args: [object, ...where], changes: true }));
    },
    sizes: async (call) => {
      const args = [...where, "--long", "--format=json"];
      // Fails with ENOENT, after it has told everything, where an image is half-made or goes meanwhile.
      const text = await run(call, { tool: "rbd", words: ["ls"], args, changes: false, alsoFine: [errno.ENOENT] });
      const found = text.trim() === "" ? [] : decodeJson("rbd ls --long", text, longListShape);
      return new Map(found.filter(({ snapshot }) => snapshot === undefined).map(({ image, size }) => [image, size]));
    },
  };
}
