import { createHash } from "node:crypto";
import { volumeId, type VolumeId } from "@opensds/core";

/** What makes a pool in a cluster, and a namespace in it, one place: names may change, these do not. */
export interface Place {
  readonly fsid: string;
  readonly poolId: number;
  readonly namespace: string;
}

const version = "ceph1";

/** The volume's id: cluster, pool id, namespace and image id, at most 128 bytes. It survives renames of image and pool. */
export function volumeIdOf(place: Place, imageId: string): VolumeId {
  return volumeId(`${prefixOf(version, place)}${imageId}`);
}

/** The image id in a volume id, or undefined when the id is of another cluster, pool or namespace, or of no known form. */
export function imageIdIn(place: Place, id: VolumeId): string | undefined {
  const prefix = prefixOf(version, place);
  if (!id.startsWith(prefix)) return undefined;
  const imageId = id.slice(prefix.length);
  return /^[A-Za-z0-9]{1,32}$/.test(imageId) ? imageId : undefined;
}

/** What the ids of one kind of thing in a place begin with. */
export function prefixOf(kind: string, { fsid, poolId, namespace }: Place): string {
  return `${kind}.${fsid}.${poolId}.${namespacePart(namespace)}.`;
}

/** A namespace is only ever compared, never read back, so a long or odd one stands as a hash; `~` cannot begin a plain one. */
function namespacePart(namespace: string): string {
  if (/^[A-Za-z0-9_-]{0,32}$/.test(namespace)) return namespace;
  return `~${createHash("sha256").update(namespace).digest("base64url").slice(0, 31)}`;
}
