import { together } from "../bounded.js";
import type { Call } from "../call.js";
import type { RunCommand } from "./command.js";
import { CommandFailure } from "./command-failure.js";
import { decodeJson, imageInfoShape, namesShape, namespacesShape, statusShape, usageShape } from "./decode.js";
import { dropAlias } from "./drop-alias.js";

/** An image, as far as this driver looks at it. */
export interface ImageInfo {
  readonly name: string;
  readonly id: string;
  /** Beyond 2^53 - 1 it is not exact. */
  readonly sizeBytes: number;
  readonly objectSizeBytes: number;
  readonly snapshots: number;
  readonly features: readonly string[];
  readonly isClone: boolean;
}

/** How a new image is to be. */
export interface ImageForm {
  readonly sizeBytes: number;
  /** Default: the cluster's. */
  readonly objectSizeBytes?: number | undefined;
  /** Default: the cluster's. */
  readonly features?: readonly string[] | undefined;
}

/** The images of one pool and namespace, through the `rbd` command. Fails with `CommandFailure`. */
export interface Rbd {
  /** EEXIST when the name is taken, also by an image that is still being made. */
  create(call: Call, name: string, form: ImageForm): Promise<void>;
  /** ENOENT when there is none, also while it is being made. */
  infoByName(call: Call, name: string): Promise<ImageInfo>;
  /** Finds images in the trash too. */
  infoById(call: Call, imageId: string): Promise<ImageInfo>;
  /**
   * The addresses of the clients that have the image open for writing. With its id those are left out whom the cluster knows no more and whose watches
   * it has kept all the same, and a transport that can finds out without opening the image that there are none: to be given where nobody is expected,
   * because a client that does not answer is then waited for, one second or over commands three.
   */
  watchers(call: Call, name: string, imageId?: string): Promise<readonly string[]>;
  /** How many bytes are written. */
  usedBytes(call: Call, name: string): Promise<number>;
  list(call: Call): Promise<readonly string[]>;
  /**
   * Moves a listed image that is marked as doomed to the trash. A transport that goes by the name fails with ENOSYS when the name
   * belongs to another image by now (see `guardOption`), and with ENOENT when to none.
   */
  trashDoomed(call: Call, imageId: string, name: string): Promise<void>;
  /** Removes an image that is marked as doomed, or what is left of one that cannot be opened; ENOSYS for any other. */
  removeDoomed(call: Call, imageId: string, name: string): Promise<void>;
  /** Removes an image from the trash for good. */
  purge(call: Call, imageId: string, atMostMs: number): Promise<void>;
  namespaces(call: Call): Promise<readonly string[]>;
}

/**
 * Makes commands that go by an image's name conditional on the image's id. The option names a plug-in that does not exist,
 * so that librbd refuses (ENOSYS) to open an image, unless the image's own metadata sets the option to nothing; and
 * that metadata is written by id, only to images whose removal is decided.
 */
export const guardOption = "rbd_plugins";
/** The argument that sets it. */
export const guard = "--rbd-plugins=opensds-guard";

/** A notification that nobody is to hear ends at once; one that somebody does not answer takes ten seconds by itself. */
const heardWithinMs = 3_000;

/** Makes the door to one pool and namespace. */
export function createRbd(run: RunCommand, pool: string, namespace: string): Rbd {
  const where = [`--pool=${pool}`];
  if (namespace !== "") where.push(`--namespace=${namespace}`);

  const read = (call: Call, words: readonly string[], args: readonly string[]): Promise<string> =>
    run(call, { tool: "rbd", words, args: [...where, ...args, "--format=json"], changes: false });
  const change = async (call: Call, words: readonly string[], args: readonly string[], atMostMs?: number): Promise<void> => {
    await run(call, { tool: "rbd", words, args: [...where, ...args], changes: true, atMostMs });
  };
  const info = async (call: Call, which: string): Promise<ImageInfo> => {
    const found = decodeJson("rbd info", await read(call, ["info"], [which]), imageInfoShape);
    return {
      name: found.name,
      id: found.id,
      sizeBytes: found.size,
      objectSizeBytes: found.object_size,
      snapshots: found.snapshot_count,
      features: found.features,
      isClone: found.parent !== undefined,
    };
  };

  /** Whether the cluster knows of nobody to tell what is told to all who watch an image: not of one that is late either. */
  const isUnheard = async (call: Call, imageId: string): Promise<boolean> => {
    const told = { tool: "rados", words: ["notify"], args: [`rbd_header.${imageId}`, "", ...where], changes: false, atMostMs: heardWithinMs } as const;
    try {
      return (await run(call, told)).trim() === "";
    } catch (thrown) {
      // Somebody did not answer in time, or it cannot be told.
      if (thrown instanceof CommandFailure) return false;
      throw thrown;
    }
  };

  return {
    create: async (call, name, { sizeBytes, objectSizeBytes, features }) => {
      const form = [`--size=${sizeBytes}B`];
      if (objectSizeBytes !== undefined) form.push(`--object-size=${objectSizeBytes}B`);
      if (features !== undefined) form.push(`--image-feature=${features.join(",")}`);
      await change(call, ["create"], [`--image=${name}`, ...form]);
    },
    infoByName: (call, name) => info(call, `--image=${name}`),
    infoById: (call, imageId) => info(call, `--image-id=${imageId}`),
    watchers: async (call, name, imageId) => {
      const status = decodeJson("rbd status", await read(call, ["status"], [`--image=${name}`]), statusShape);
      const addresses = status.watchers.map(({ address }) => address);
      return addresses.length > 0 && imageId !== undefined && (await isUnheard(call, imageId)) ? [] : addresses;
    },
    usedBytes: async (call, name) => {
      const usage = decodeJson("rbd du", await read(call, ["du"], [`--image=${name}`]), usageShape);
      return usage.images.reduce((sum, image) => sum + image.used_size, 0);
    },
    list: async (call) => decodeJson("rbd ls", await read(call, ["ls"], []), namesShape),
    trashDoomed: (call, _imageId, name) => change(call, ["trash", "mv"], [`--image=${name}`, guard]),
    removeDoomed: async (call, imageId, name) => {
      await together(change(call, ["rm"], [`--image=${name}`, guard, "--no-progress"]), dropAlias(run, call, imageId, where));
    },
    purge: async (call, imageId, atMostMs) => {
      await together(change(call, ["trash", "rm"], [`--image-id=${imageId}`, "--no-progress"], atMostMs), dropAlias(run, call, imageId, where));
    },
    namespaces: async (call) => {
      const args = [`--pool=${pool}`, "--format=json"];
      const found = decodeJson("rbd namespace ls", await run(call, { tool: "rbd", words: ["namespace", "ls"], args, changes: false }), namespacesShape);
      return found.map(({ name }) => name);
    },
  };
}
