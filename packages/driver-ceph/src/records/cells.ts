import { snapshotId, volumeId, type Attachment, type BackendCreateRequest, type FormatRecord } from "@opensds/core";
import * as v from "valibot";
import { encryptionShape, type ImageEncryption } from "./encryption.js";
import type { Locker } from "../transport/rados.js";

/**
 * The cells on an image's header: RADOS locks under our own names, whose descriptions hold JSON. Taking a lock is a write
 * that only succeeds where nothing stands yet. See docs/spec/bindings/ceph.md.
 */
export const cells = {
  /** What the creator asked for; its presence makes an image a volume. Or that the image never became one. */
  request: "opensds.request",
  /** Who has the volume. */
  attachment: "opensds.attachment",
  /** Who is deleting the volume. */
  closing: "opensds.closing",
  /** Which file system it is to get. */
  formatting: "opensds.format",
  /** That the file system is made. */
  formatted: "opensds.formatted",
  /** The name that a volume came back from the trash under, where that is not the one that it was created with. */
  name: "opensds.name",
  /** On the object of the whole place: which hosts get nothing. */
  fenced: "opensds.fenced",
  /** That an image of another tool's is becoming a volume. */
  importing: "opensds.import",
  /** Who is putting the volume back to a snapshot: until then its bytes are a mixture. */
  reverting: "opensds.reverting",
  /** On the header of an RBD group: that all members it was asked for with are in it. */
  complete: "opensds.complete",
} as const;

/** The version of the layout; it stands in every cell as `v`. */
export const layoutVersion = 1;

/** The version of an encrypted volume's request: whoever does not know it must not take the image's bytes for the volume's. */
const encryptedVersion = 2;

/** The lock tag of every cell but the shared attachments, whose tag is their mode. */
export const cellTag = "opensds";

/** A cell that this version cannot read: a newer version's, or no cell of ours. */
export class UnreadableCell extends Error {
  override readonly name = "UnreadableCell";
  readonly cell: string;
  constructor(cell: string, what: string) {
    super(`cell ${cell} ${what}`);
    this.cell = cell;
  }
}

const requestShape = v.object({
  name: v.string(),
  capacity: v.object({ requiredBytes: v.number(), limitBytes: v.nullable(v.number()) }),
  parameters: v.record(v.string(), v.string()),
  sizeBytes: v.number(),
  createdAt: v.string(),
  /** The name that the image had when it was taken over; absent for a volume that was made. */
  importedFrom: v.optional(v.string()),
  /** What it was made from; absent for zeros. */
  source: v.optional(
    v.variant("kind", [
      v.object({ kind: v.literal("snapshot"), snapshotId: v.pipe(v.string(), v.transform(snapshotId)) }),
      v.object({ kind: v.literal("volume"), volumeId: v.pipe(v.string(), v.transform(volumeId)) }),
    ]),
  ),
  /** How the image is encrypted; absent for one that is not. */
  encryption: v.optional(encryptionShape),
});

/** What the creator of a volume asked for. */
export type RequestCell = v.InferOutput<typeof requestShape>;

const modes = ["single-writer", "single-reader", "multi-reader", "multi-writer"] as const;
const attachmentShape = v.object({
  mode: v.picklist(modes),
  connector: v.object({ hostId: v.string(), hostName: v.string(), bootId: v.string() }),
  attachedAt: v.string(),
});

/** An attachment as its cell holds it: the id is the lock's cookie, the volume is the image. */
export type AttachmentCell = v.InferOutput<typeof attachmentShape>;

const formatShape = v.object({ fsType: v.picklist(["ext4", "xfs"]), fsUuid: v.string() });
const importingShape = v.object({ name: v.string(), reference: v.string(), until: v.string() });

/** An import that has begun and has not surely ended. */
export type ImportingCell = v.InferOutput<typeof importingShape>;

const fencedShape = v.object({ hostId: v.string(), fencedAt: v.string() });
const nameShape = v.object({ name: v.string() });
const revertingShape = v.object({ snapshotId: v.string(), sizeBytes: v.number(), until: v.string() });
const claimShape = v.object({ name: v.string(), holder: v.string(), until: v.string() });

/** A revert that has begun and has not surely ended. */
export type RevertingCell = v.InferOutput<typeof revertingShape>;

/** A claim on a name in one of the registers of names; see name-register.ts. */
export type ClaimCell = v.InferOutput<typeof claimShape>;

const closingShape = v.object({ until: v.string(), work: v.optional(v.literal("unmanage")) });

/** Stands in the request cell of an image that shall never become a volume. */
export const voidRequest = encode({ void: true });

/** What is recorded of a request that is about to make a volume. */
export const newRequest = ({ name, capacity, parameters, sizeBytes, source }: BackendCreateRequest, encryption?: ImageEncryption): RequestCell => ({
  name,
  capacity,
  parameters,
  sizeBytes,
  createdAt: new Date().toISOString(),
  ...(source !== undefined && { source }),
  ...(encryption !== undefined && { encryption }),
});

export const encodeRequest = (request: RequestCell): string => encode(request, request.encryption === undefined ? layoutVersion : encryptedVersion);
export const encodeAttachment = ({ mode, connector, attachedAt }: Attachment): string => encode({ mode, connector, attachedAt });
export const encodeFormat = ({ fsType, fsUuid }: FormatRecord): string => encode({ fsType, fsUuid });

/**
 * @param until when the closing call has surely ended, should it not take its cell away itself
 * @param work what it is about to do. Default: delete
 */
export const encodeClosing = (until: Date, work?: "unmanage"): string => encode({ until: until.toISOString(), work });

export const encodeImporting = (cell: ImportingCell): string => encode(cell);
export const decodeImporting = (locker: Locker): ImportingCell =>
  shaped(cells.importing, versioned(cells.importing, locker), importingShape);
export const encodeFenced = (cell: v.InferOutput<typeof fencedShape>): string => encode(cell);
export const decodeFenced = (locker: Locker): v.InferOutput<typeof fencedShape> => shaped(cells.fenced, versioned(cells.fenced, locker), fencedShape);
export const encodeName = (name: string): string => encode({ name });
export const decodeName = (locker: Locker): string => shaped(cells.name, versioned(cells.name, locker), nameShape).name;
export const encodeReverting = (cell: RevertingCell): string => encode(cell);
/** @param at when the group was complete */
export const encodeComplete = (at: Date): string => encode({ at: at.toISOString() });
export const encodeClaim = (cell: ClaimCell): string => encode(cell);

export const decodeReverting = (locker: Locker): RevertingCell =>
  shaped(cells.reverting, versioned(cells.reverting, locker), revertingShape);

/** @param register the register's name, for the message */
export const decodeClaim = (register: string, locker: Locker): ClaimCell => shaped(register, versioned(register, locker), claimShape);

/** The request in a request cell, or undefined for an image that never became a volume. */
export function decodeRequest(locker: Locker): RequestCell | undefined {
  const value = versioned(cells.request, locker, encryptedVersion);
  return "void" in value ? undefined : shaped(cells.request, value, requestShape);
}

export const decodeAttachment = (locker: Locker): AttachmentCell =>
  shaped(cells.attachment, versioned(cells.attachment, locker), attachmentShape);

export const decodeFormat = (cell: string, locker: Locker): v.InferOutput<typeof formatShape> =>
  shaped(cell, versioned(cell, locker), formatShape);

/** When the deleting call that wrote this has surely ended. */
export const decodeClosing = (locker: Locker): Date =>
  new Date(shaped(cells.closing, versioned(cells.closing, locker), closingShape).until);

/** Whether a closing cell is of a call that lets the image go to other tools, and does not delete it. */
export const isUnmanaging = (locker: Locker): boolean =>
  shaped(cells.closing, versioned(cells.closing, locker), closingShape).work === "unmanage";

/** ASCII only: what goes into a command's arguments must survive any locale. */
function encode(content: object, version = layoutVersion): string {
  const json = JSON.stringify({ v: version, ...content });
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function versioned(cell: string, { description }: Locker, newest = layoutVersion): object {
  let value: unknown;
  try {
    value = JSON.parse(description);
  } catch {
    throw new UnreadableCell(cell, "holds no JSON");
  }
  if (typeof value !== "object" || value === null || !("v" in value)) throw new UnreadableCell(cell, "holds no layout version");
  if (typeof value.v === "number" && value.v >= layoutVersion && value.v <= newest) return value;
  const known = newest === layoutVersion ? `version ${newest}` : `versions ${layoutVersion} to ${newest}`;
  throw new UnreadableCell(cell, `has layout version ${JSON.stringify(value.v)}; this driver reads ${known}`);
}

function shaped<Shape extends v.GenericSchema>(cell: string, value: object, shape: Shape): v.InferOutput<Shape> {
  const checked = v.safeParse(shape, value);
  if (checked.success) return checked.output;
  throw new UnreadableCell(cell, `has no known form: ${checked.issues[0].message}`);
}
