import { createHash } from "node:crypto";
import type { VolumeSource } from "@opensds/core";
import * as v from "valibot";
import type { CinderVolume } from "../transport/shapes.js";

/** The version of the layout of what we keep in volumes' metadata. See docs/spec/bindings/cinder.md. */
export const layoutVersion = 1;

/** The metadata keys of a volume of ours. */
export const keys = {
  /** The layout's version; its presence makes a volume ours. */
  version: "opensds.v",
  /** What a name is looked up by: Cinder compares names by its database's rules, not byte for byte. */
  name: "opensds.name",
  /** What the creator asked for, in pieces. */
  request: "opensds.request",
  /** What was decided about a volume that a create made: to be the one of its name, or not. */
  fate: "opensds.fate",
  /** A number that only the create knows which made the volume. */
  maker: "opensds.maker",
  /** The maker's number: it found nobody else making the name. */
  alone: "opensds.alone",
  /** That somebody does not take the maker's word for it: the fate has to be settled and written. */
  contested: "opensds.contested",
  /** That no claim was there when it was in error, or that its maker takes its own back: one that comes counts for nothing. */
  unclaimed: "opensds.unclaimed",
  /** That Cinder seems to have lost the order to make the volume: it is not to be kept, should it ever be made. */
  lost: "opensds.lost",
  /** Which host has the volume by an attachment, in pieces: the attachment's id follows. */
  attachment: "opensds.attachment",
  /** Which group's snapshot a snapshot is part of, written when all of its parts are of one moment. */
  cut: "opensds.cut",
  /** Which file system the volume is to get, or has, in pieces. */
  format: "opensds.format",
} as const;

/** Cinder takes 255 as one value. */
const pieceCharacters = 250;

/** A record that this version cannot read: a newer version's, or no record of ours. */
export class UnreadableRecord extends Error {
  override readonly name = "UnreadableRecord";
}

/** Writes a record as metadata: ASCII JSON, cut into as many values as it needs, the first of which tells how many. */
export function encodeRecord(key: string, content: object): Record<string, string> {
  const json = JSON.stringify(content).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const pieces: string[] = [];
  for (let at = 0; at < json.length; at += pieceCharacters) pieces.push(json.slice(at, at + pieceCharacters));
  return Object.fromEntries(pieces.map((piece, index) => [`${key}.${index}`, index === 0 ? `${pieces.length}|${piece}` : piece]));
}

/** Reads a record from metadata; undefined when it is not there, or not whole yet. */
export function decodeRecord<Shape extends v.GenericSchema>(metadata: CinderVolume["metadata"], key: string, shape: Shape): v.InferOutput<Shape> | undefined {
  const [, count = "0", first = ""] = /^(\d+)\|(.*)$/su.exec(metadata[`${key}.0`] ?? "") ?? [];
  let text = first;
  for (let index = 1; index < Number(count); index += 1) {
    const piece = metadata[`${key}.${index}`] ?? "";
    if (piece === "") return undefined;
    text += piece;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(shape, value);
  if (parsed.success) return parsed.output;
  throw new UnreadableRecord(`the record ${key} has no known form: ${parsed.issues[0].message}`);
}

/** The keys of a record's pieces. */
export const piecesOf = (metadata: CinderVolume["metadata"], key: string): readonly string[] =>
  Object.keys(metadata).filter((name) => name.startsWith(`${key}.`));

const sourceShape = v.variant("kind", [
  v.object({ kind: v.literal("snapshot"), snapshotId: v.string() }),
  v.object({ kind: v.literal("volume"), volumeId: v.string() }),
]);

const requestShape = v.object({
  name: v.string(),
  capacity: v.object({ requiredBytes: v.number(), limitBytes: v.nullable(v.number()) }),
  parameters: v.record(v.string(), v.string()),
  sizeBytes: v.number(),
  source: v.optional(sourceShape),
  imported: v.optional(v.boolean()),
});

/** What the creator of a volume asked for, or what a volume was when it was imported. */
export type RequestRecord = Omit<v.InferOutput<typeof requestShape>, "source"> & { readonly source?: VolumeSource | undefined };

/** The metadata that a new volume is made with; one that was imported has no maker. */
export const requestMetadata = (request: RequestRecord, maker?: string): Record<string, string> => ({
  [keys.version]: String(layoutVersion),
  [keys.name]: nameKey(request.name),
  ...(maker !== undefined && { [keys.maker]: maker }),
  ...encodeRecord(keys.request, request),
});

/** What a volume's creator asked for; undefined for a volume that is not ours. */
export function requestOf({ id, metadata }: Pick<CinderVolume, "id" | "metadata">): RequestRecord | undefined {
  if (!isOurs("volume", { id, metadata })) return undefined;
  const record = decodeRecord(metadata, keys.request, requestShape);
  return record && (record as RequestRecord);
}

/** Whether a thing is one of ours; throws where its layout is not this version's. */
export function isOurs(kind: string, { id, metadata }: Pick<CinderVolume, "id" | "metadata">): boolean {
  const version = metadata[keys.version];
  if (version === undefined || version === String(layoutVersion)) return version !== undefined;
  throw new UnreadableRecord(`${kind} ${id} has layout version ${version}; this driver reads version ${layoutVersion}`);
}

const snapshotRequestShape = v.object({ name: v.string(), sourceVolumeId: v.string() });

/** What the creator of a snapshot asked for. */
export type SnapshotRequestRecord = v.InferOutput<typeof snapshotRequestShape>;

/** The metadata that a new snapshot is made with. */
export const snapshotMetadata = (request: SnapshotRequestRecord): Record<string, string> => ({
  [keys.version]: String(layoutVersion),
  [keys.name]: nameKey(request.name),
  ...encodeRecord(keys.request, request),
});

/** What a snapshot's creator asked for; undefined for a snapshot that is not ours. */
export function snapshotRequestOf(snapshot: { readonly id: string; readonly metadata: CinderVolume["metadata"] }): SnapshotRequestRecord | undefined {
  return isOurs("snapshot", snapshot) ? decodeRecord(snapshot.metadata, keys.request, snapshotRequestShape) : undefined;
}

/** Callers' names have no control characters: what is named so is the driver's own, and no volume. */
const innerMark = "\u0000";
export const innerName = (name: string): string => `${innerMark}${name}`;
export const isInner = ({ name }: RequestRecord): boolean => name.startsWith(innerMark);

/** What a name is looked up by. */
export const nameKey = (name: string): string => createHash("sha256").update(name, "utf8").digest("hex");

/** A filter of Cinder's for volumes with these metadata. */
export const metadataFilter = (metadata: Readonly<Record<string, string>>): string => JSON.stringify(metadata);

/** Cinder's own name of a volume: what people see in its lists. Its databases do not take every character. */
export const displayName = (name: string): string => name.replace(innerMark, "opensds: ").replace(/[^\u0020-\uffff]|[\ud800-\udfff]/gu, "?").slice(0, 255);
