import { snapshotId, volumeId, type SnapshotId } from "@opensds/core";
import type { Place } from "./volume-id.js";
import { imageIdIn, volumeIdOf } from "./volume-id.js";

/** What a snapshot's id says. */
export interface SnapshotKey {
  readonly imageId: string;
  /** RBD's number of the snapshot, which is never used again. */
  readonly number: number;
  /** The slot of its name in the register of names. */
  readonly slot: string;
}

/** The snapshot's id: its volume's, then RBD's number of it in base 36 and the slot of its name. At most 128 bytes. */
export function snapshotIdOf(place: Place, { imageId, number, slot }: SnapshotKey): SnapshotId {
  return snapshotId(`${volumeIdOf(place, imageId)}.${number.toString(36)}${slot}`);
}

/** What an id says, or undefined when it is of another place or of no known form. */
export function snapshotKeyIn(place: Place, id: string): SnapshotKey | undefined {
  const [, volume = "", number = "", slot = ""] = /^(.+)\.([0-9a-z]{1,11})([0-9a-f]{2})$/.exec(id) ?? [];
  const imageId = imageIdIn(place, volumeId(volume));
  if (imageId === undefined) return undefined;
  return { imageId, number: Number.parseInt(number, 36), slot };
}
