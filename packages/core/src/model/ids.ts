/**
 * A string that only the place that makes it may call by this name: ids of different kinds do not mix. The key is a
 * string, not a symbol, so that the types of two copies of this package stay assignable to each other.
 */
export type Brand<Name extends string> = string & { readonly "~opensds": Name };

/** Immutable, opaque id of a volume, at most 128 bytes; survives renames of the volume, its pool and its backend. */
export type VolumeId = Brand<"VolumeId">;

/** Immutable, opaque id of one attachment of one volume to one host. */
export type AttachmentId = Brand<"AttachmentId">;

/** The name of a host as backends record it; by default the machine id. */
export type HostId = Brand<"HostId">;

/** Calls a string a volume id, for ids that come from a store of the caller's own. The guard checks its form. */
export const volumeId = (value: string): VolumeId => value as VolumeId;

/** Calls a string an attachment id, for ids that come from a store of the caller's own. */
export const attachmentId = (value: string): AttachmentId => value as AttachmentId;

/** Calls a string a host id. */
export const hostId = (value: string): HostId => value as HostId;
