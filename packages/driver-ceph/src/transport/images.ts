import type { Call } from "../call.js";
import type { Lock } from "./rados.js";
import type { ImageInfo } from "./rbd.js";

/** A glance at an image: what a volume is told from, and the cells on its header that were asked for. */
export interface ImageGlance {
  readonly info: Pick<ImageInfo, "id" | "name" | "sizeBytes">;
  /** By name: the cells asked for that have a holder. */
  readonly cells: ReadonlyMap<string, Lock>;
}

/** One look at an image: all that RBD says of it, and the cells on its header that were asked for. */
export interface ImageView extends ImageGlance {
  readonly info: ImageInfo;
}

/** A part of RBD's directory, in the order of the images' names. */
export interface ImagePage<View extends ImageGlance = ImageView> {
  /** The images that could be looked at; one that went meanwhile is left out. */
  readonly views: readonly View[];
  /** The last name that was looked at, when there are more. */
  readonly next?: string | undefined;
}

/** Which part of RBD's directory. */
export interface PageRequest {
  /** Names that begin with one of these. */
  readonly prefixes: readonly string[];
  /** Names after this one, compared by byte. */
  readonly after: string;
  /** At least 1; a transport that needs long for each image gives fewer. */
  readonly limit: number;
}

/** Looks that tell as much as a `View`. Fail with `CommandFailure`. */
export interface Looks<View extends ImageGlance> {
  /** The image that opens by this name; undefined when there is none. */
  byName(call: Call, imageName: string, cells: readonly string[]): Promise<View | undefined>;
  /** The image that RBD's directory has under this id; undefined when there is none, as for one in the trash. */
  byId(call: Call, imageId: string, cells: readonly string[]): Promise<View | undefined>;
  page(call: Call, request: PageRequest, cells: readonly string[]): Promise<ImagePage<View>>;
}

/**
 * Whole images at a look. The other doors ask single questions; a transport that can answer these together, or for many images
 * at once, does it here.
 */
export interface Images extends Looks<ImageView> {
  /** Looks that tell less: for reading volumes, which is done most often. */
  readonly glance: Looks<ImageGlance>;
}
