import { volumeId } from "../model/ids.js";
import type { Volume } from "../model/volume.js";
import { quoteStart } from "./mask-secrets.js";
import { readStatus } from "./volume-status.js";

/** A volume that a legacy driver told of. */
export interface ReadVolume {
  readonly volume: Volume;
  /** Empty where the driver does not say. */
  readonly volumeType: string;
  /** Whether the reply names attachments. */
  readonly attached: boolean;
}

/** Whether a value is an object with keys. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads a volume out of a legacy reply; a string says what is wrong with it. An id and a size must be there. Go leaves empty
 * names and statuses out: a name that is missing is empty, a status that is missing is unknown.
 */
export function readVolume(value: unknown, unitBytes: number): ReadVolume | string {
  if (!isRecord(value)) return `a volume is an object with id and size, and this is ${kindOf(value)}`;
  const { id, name, status, attachments } = value;
  if (id === undefined || id === null || id === "") return "the volume has no id";
  if (typeof id !== "string" || !/^[\x21-\x7e]{1,128}$/.test(id)) return "its id is not 1 to 128 printable ASCII characters";
  for (const [field, text] of [["name", name], ["status", status]] as const) {
    if (text !== undefined && text !== null && typeof text !== "string") return `${field} is ${kindOf(text)}, not a string`;
  }
  if (attachments !== undefined && attachments !== null && !Array.isArray(attachments)) return `attachments is ${kindOf(attachments)}, not a list`;

  const size = readSize(value, unitBytes);
  if (typeof size === "string") return size;
  const { state, stateReason } = readStatus(typeof status === "string" ? status : "");
  const reason = size.reason ?? reasonOf(value) ?? stateReason;
  const createdAt = readTime(value["created_at"]);
  return {
    volume: {
      id: volumeId(id),
      name: typeof name === "string" ? name : "",
      sizeBytes: size.bytes,
      state,
      ...(reason !== undefined && { stateReason: reason }),
      ...(createdAt !== undefined && { createdAt }),
      parameters: {},
    },
    volumeType: typeof value["volume_type"] === "string" ? value["volume_type"] : "",
    attached: Array.isArray(attachments) && attachments.length > 0,
  };
}

type Size = { readonly bytes: number | null; readonly reason?: string } | string;

function readSize({ size, size_bytes: bytes }: Readonly<Record<string, unknown>>, unitBytes: number): Size {
  if (size === null) return { bytes: null };
  if (typeof size !== "number") return `size is ${kindOf(size)}, not a number`;
  if (!Number.isInteger(size) || size < 0) return `size is ${size}, not a whole number of units`;
  if (size === 0) return { bytes: null, reason: "the driver gives 0 as the size, which is what it says when it could not read it" };
  if (typeof bytes === "number") {
    if (Number.isSafeInteger(bytes) && Math.ceil(bytes / unitBytes) === size) return { bytes };
    return `size ${size} and size_bytes ${bytes} do not belong together; is sizeUnit the driver's own?`;
  }
  if (size <= Number.MAX_SAFE_INTEGER / unitBytes) return { bytes: size * unitBytes };
  return { bytes: null, reason: "the volume has more than 2^53 - 1 bytes" };
}

function reasonOf(value: Readonly<Record<string, unknown>>): string | undefined {
  const reason = value["status_reason"];
  return typeof reason === "string" ? reason : undefined;
}

/** Cinder writes UTC without saying so. */
function readTime(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return undefined;
  const time = new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? `the string ${quoteStart(value)}` : `of type ${typeof value}`;
}
