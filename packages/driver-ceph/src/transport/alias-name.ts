/** Begins the names under which images are opened by their ids. RBD's directory has none of them. */
const namePrefix = "opensds-by-id.";

/** The name that means the image of this id, while its object is there. */
export const aliasOf = (imageId: string): string => namePrefix + imageId;
