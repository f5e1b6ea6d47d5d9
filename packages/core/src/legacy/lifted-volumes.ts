import { setTimeout as sleep } from "node:timers/promises";
import type { CallContext } from "../driver/call-context.js";
import { isSouthboundError } from "../errors/southbound-error.js";
import type { KnownError } from "./error-text.js";
import { callLegacy, readJson, unreadable } from "./legacy-calls.js";
import type { LegacyDriver } from "./legacy-driver.js";
import { readVolume, type ReadVolume } from "./read-volume.js";

/** A legacy driver with what reading its replies takes. */
export interface Lifted {
  readonly legacy: LegacyDriver;
  readonly unitBytes: number;
  /** The create parameter that is handed on as `volType`. */
  readonly typeParameter: string | undefined;
  readonly nameBytes: number;
  readonly maxVolumeBytes: number;
  readonly pollMs: number;
  readonly knownErrors: readonly KnownError[];
}

/** Every volume of the driver: `GetAllVolumes` knows no pages. Go writes an empty list as `null`. */
export async function listAll(lifted: Lifted, ctx: CallContext): Promise<readonly ReadVolume[]> {
  const result = await callLegacy(ctx, "GetAllVolumes", () => lifted.legacy.GetAllVolumes(true), lifted.knownErrors);
  const list = readJson(ctx, "GetAllVolumes", result) ?? [];
  if (!Array.isArray(list)) throw unreadable(ctx, "GetAllVolumes", "the reply is not a list of volumes", result);
  const values: readonly unknown[] = list;
  return values.map((value, index) => {
    const read = readVolume(value, lifted.unitBytes);
    if (typeof read === "string") throw unreadable(ctx, "GetAllVolumes", `volume ${index + 1} of ${values.length}: ${read}`, JSON.stringify(value));
    return withParameters(read, lifted);
  });
}

/** Reads the volume in the reply of a create or a get. */
export function readOne(lifted: Lifted, ctx: CallContext, name: "CreateVolume" | "GetVolume", result: string): ReadVolume {
  const read = readVolume(readJson(ctx, name, result), lifted.unitBytes);
  if (typeof read === "string") throw unreadable(ctx, name, read, result);
  return withParameters(read, lifted);
}

type GetContext = CallContext<"createVolume" | "getVolume">;

/**
 * The volume of an id as it is now; NOT_FOUND `volume-not-found`. Where the driver's error string is not a known one, the list
 * tells whether the volume is there.
 */
export async function getById(lifted: Lifted, ctx: GetContext, id: string): Promise<ReadVolume> {
  let result: string;
  try {
    result = await callLegacy(ctx, "GetVolume", () => lifted.legacy.GetVolume(id), lifted.knownErrors);
  } catch (error) {
    if (isSouthboundError(error) && error.reason === "legacy-error") await requireListed(lifted, ctx, id);
    throw error;
  }
  const found = readOne(lifted, ctx, "GetVolume", result);
  if (found.volume.id !== id) throw unreadable(ctx, "GetVolume", "the reply is about another volume than was asked for", result);
  return found;
}

/** NOT_FOUND `volume-not-found` unless the volume is listed. */
export async function requireListed(lifted: Lifted, ctx: CallContext<"createVolume" | "getVolume" | "listAttachments">, id: string): Promise<void> {
  if ((await listAll(lifted, ctx)).some(({ volume }) => volume.id === id)) return;
  throw ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${id}`, { resource: id, outcome: "none" });
}

/** The one volume of a name; legacy names are not unique, and which of several is meant nobody can say. */
export async function findByName(lifted: Lifted, ctx: CallContext, name: string): Promise<ReadVolume | undefined> {
  const [found, ...others] = (await listAll(lifted, ctx)).filter(({ volume }) => volume.name === name);
  if (found === undefined || others.length === 0) return found;
  throw severalOfName(ctx, name, [found, ...others], "none");
}

/** FAILED_PRECONDITION `name-not-unique`, naming the ids. */
export function severalOfName(ctx: CallContext, name: string, found: readonly ReadVolume[], outcome: "none" | "applied"): Error {
  const ids = found.map(({ volume }) => volume.id);
  const message = `${ids.length} volumes are named ${JSON.stringify(name)}: ${ids.join(", ")}; delete by id those that nobody uses`;
  return ctx.fail("FAILED_PRECONDITION", "name-not-unique", message, { resource: name, outcome, recovery: "operator", details: { volumeIds: ids } });
}

/** Waits a little before looking again: a legacy driver tells of nothing by itself. Ends with the call. */
export async function pause(lifted: Lifted, ctx: CallContext): Promise<void> {
  await sleep(lifted.pollMs, undefined, { signal: ctx.signal });
}

function withParameters(read: ReadVolume, { typeParameter }: Lifted): ReadVolume {
  if (typeParameter === undefined || read.volumeType === "") return read;
  return { ...read, volume: { ...read.volume, parameters: { [typeParameter]: read.volumeType } } };
}
