import { createHash, randomUUID } from "node:crypto";
import { volumeId, type VolumeId } from "@opensds/core";

const keyForm = /^[0-9a-f]{40}$/;
const idForm = /^([0-9a-f]{40})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The key under which a name's volume is stored. A digest, because callers' names hold what no path may (`../x`), and
 * because `Ab` and `aB` are two names also where the file system ignores case.
 */
export function nameKey(name: string): string {
  return createHash("sha256").update(name, "utf8").digest("hex").slice(0, 40);
}

export const isKey = (value: string): boolean => keyForm.test(value);

/**
 * A fresh id: the name's key, so that a volume is found by its id without an index, and a random part, so that the next
 * volume of that name is another one. Ids are only ever compared whole.
 */
export const newId = (key: string): string => `${key}-${randomUUID()}`;

export const newVolumeId = (key: string): VolumeId => volumeId(newId(key));

/** Whether this is an id of this driver, of a volume, a snapshot or anything else. */
export const isId = (value: string): boolean => idForm.test(value);

/** The key in an id; undefined for a string that this driver never gave out as an id. */
export const keyOfId = (id: string): string | undefined => idForm.exec(id)?.[1];
