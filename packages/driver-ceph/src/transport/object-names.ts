/** The class of object methods behind RBD's own objects. */
export const rbdClass = "rbd";

/** All names and ids of a pool and namespace. */
export const directoryObject = "rbd_directory";
/** What is written down of a pool: that it takes images, and settings of its own. */
export const poolObject = "rbd_info";
export const trashObject = "rbd_trash";

/** Leads from an image's name to its id: RBD opens by it. */
export const nameObject = (imageName: string): string => `rbd_id.${imageName}`;
export const headerOf = (imageId: string): string => `rbd_header.${imageId}`;
export const objectMapOf = (imageId: string): string => `rbd_object_map.${imageId}`;
