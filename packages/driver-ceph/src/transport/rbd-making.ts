import type { Call } from "../call.js";
import type { ById } from "./by-id.js";
import type { RunCommand } from "./command.js";
import type { ImageForm } from "./rbd.js";

/** A snapshot to clone from: RBD takes names only, so who asks looks afterwards what the clone's parent is. */
export interface CloneSource {
  readonly imageName: string;
  readonly snapshotName: string;
}

/** A snapshot to copy from. */
export interface CopySource {
  readonly imageId: string;
  /** RBD's number of it. */
  readonly snapshotNumber: number;
}

/** How a new image is to be, and where its data goes. */
export interface PlacedForm extends ImageForm {
  /** Default: the same pool. */
  readonly dataPool?: string | undefined;
}

/** Images made in other ways than from nothing in one pool, and made larger. Fails with `CommandFailure`. */
export interface RbdMaking {
  /** Makes an image whose data may go to another pool. EEXIST when the name is taken. */
  create(call: Call, name: string, form: PlacedForm): Promise<void>;
  /**
   * Makes a clone of format 2: its source need not be protected, and may be deleted while the clone still needs it. EEXIST when the name
   * is taken, ENOENT when there is no such image or snapshot.
   */
  clone(call: Call, source: CloneSource, name: string, form: Omit<PlacedForm, "sizeBytes">): Promise<void>;
  /**
   * Makes an image that begins with what a snapshot of another one holds, whatever kind of snapshot that is, and shares nothing with it:
   * `runCopy` copies, `endCopy` makes it an ordinary image. EEXIST when the name is taken, ENOENT when there is no such snapshot; a
   * source image that is not there makes the command crash.
   */
  beginCopy(call: Call, source: CopySource, name: string, form: Omit<PlacedForm, "sizeBytes">): Promise<void>;
  /** Copies what is not copied yet. */
  runCopy(call: Call, name: string): Promise<void>;
  endCopy(call: Call, name: string): Promise<void>;
  /** Removes an image whose copy has not ended. ENOENT: there is none; EINVAL: it is an ordinary image by now. */
  abortCopy(call: Call, name: string): Promise<void>;
  /** Copies what a clone still has from its source, so that it depends on it no more. EINVAL when it is no clone (any more). */
  flatten(call: Call, imageId: string): Promise<void>;
  /** Gives an image another name; it goes by the name that it has. EEXIST when the new one is taken, ENOENT when there is no such image. */
  rename(call: Call, name: string, newName: string): Promise<void>;
  /** Grows an image, by its id. EINVAL when it has that size or a larger one already: nothing ever shrinks. */
  resize(call: Call, imageId: string, sizeBytes: number): Promise<void>;
}

/** Makes the door to one pool and namespace. */
export function createRbdMaking(run: RunCommand, pool: string, namespace: string, where: readonly string[], byId: ById): RbdMaking {
  const destination = [`--dest-pool=${pool}`, ...(namespace === "" ? [] : [`--dest-namespace=${namespace}`])];
  const copying = (call: Call, word: string, name: string): Promise<void> => change(call, ["migration", word], [`--image=${name}`, "--no-progress"]);
  const change = async (call: Call, words: readonly string[], args: readonly string[]): Promise<void> => {
    await run(call, { tool: "rbd", words, args: [...where, ...args], changes: true });
  };
  return {
    create: (call, name, form) => change(call, ["create"], [`--image=${name}`, `--size=${form.sizeBytes}B`, ...options(form)]),
    clone: (call, { imageName, snapshotName }, name, form) =>
      change(call, ["clone"], [
        `--image=${imageName}`,
        `--snap=${snapshotName}`,
        ...destination,
        `--dest=${name}`,
        ...options(form),
        "--rbd-default-clone-format=2",
      ]),
    beginCopy: (call, { imageId, snapshotNumber }, name, form) => {
      // The image's name has to be given and is not looked at.
      const source = { type: "native", pool_name: pool, pool_namespace: namespace, image_id: imageId, image_name: "by-id", snap_id: snapshotNumber };
      return change(call, ["migration", "prepare"], ["--import-only", `--source-spec=${JSON.stringify(source)}`, `--image=${name}`, ...options(form)]);
    },
    runCopy: (call, name) => copying(call, "execute", name),
    endCopy: (call, name) => copying(call, "commit", name),
    abortCopy: (call, name) => copying(call, "abort", name),
    flatten: (call, imageId) => byId.open(call, imageId, (image) => change(call, ["flatten"], [`--image=${image}`, "--no-progress"])),
    rename: (call, name, newName) => change(call, ["rename"], [`--image=${name}`, ...destination, `--dest=${newName}`]),
    resize: (call, imageId, sizeBytes) =>
      byId.open(call, imageId, (image) => change(call, ["resize"], [`--image=${image}`, `--size=${sizeBytes}B`, "--no-progress"])),
  };
}

function options({ objectSizeBytes, features, dataPool }: Omit<PlacedForm, "sizeBytes">): readonly string[] {
  return [
    ...(objectSizeBytes === undefined ? [] : [`--object-size=${objectSizeBytes}B`]),
    // That there is a data pool is a feature that the option itself sets.
    ...(features === undefined ? [] : [`--image-feature=${features.filter((feature) => feature !== "data-pool").join(",")}`]),
    ...(dataPool === undefined ? [] : [`--data-pool=${dataPool}`]),
  ];
}
