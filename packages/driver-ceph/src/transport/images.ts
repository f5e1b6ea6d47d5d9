import type { Call } from "../call.js";
import type { Lock } from "./rados.js";
import type { ImageInfo } from "./rbd.js";

/** One look at an image: what RBD says of it, and the cells on its header that were asked for. */
export interface ImageView {
  readonly info: ImageInfo;
  /** By name: the cells asked for that have a holder. */
  readonly cells: ReadonlyMap<string, Lock>;
}

/** A part of RBD's directory, in the order of the images' names. */
export interface ImagePage {
  /** The images that could be looked at; one that went meanwhile is left out. */
  readonly views: readonly ImageView[];
  /** The last name that was looked at, when there are more. */
  readonly next?: string | undefined;
}

/** Which part of RBD's directory. */
export interface PageRequest {
  /** Names that begin with one of these. */
  readonly prefixes: readonly string[];
  /** Names after this one, compared by byte. */
  readonly after: string;
  /** At least 1. */
  readonly limit: number;
}

/**
 * Whole images at a look. The other doors ask single questions; a transport that can answer these together, or for many images
 * at once, does it here. Fails with `CommandFailure`.
 */
export interface Images {
  /** The image that opens by this name; undefined when there is none. */
  byName(call: Call, imageName: string, cells: readonly string[]): Promise<ImageView | undefined>;
  /** The image that RBD's directory has under this id; undefined when there is none, as for one in the trash. */
  byId(call: Call, imageId: string, cells: readonly string[]): Promise<ImageView | undefined>;
  page(call: Call, request: PageRequest, cells: readonly string[]): Promise<ImagePage>;
}
