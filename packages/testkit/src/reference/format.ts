import { isDeepStrictEqual } from "node:util";
import type { CallContext, FormatRecord, VolumeId } from "@opensds/core";
import { noSuchVolume, requireVolume, update } from "./find-record.js";
import type { Stores } from "./stores.js";

/** What is recorded about formatting the volume; `null` for nothing. */
export async function readFormat(
  { volumes }: Stores,
  request: { readonly volumeId: VolumeId },
  ctx: CallContext<"readFormat">,
): Promise<FormatRecord | null> {
  return (await requireVolume(volumes, request.volumeId, ctx)).record.format;
}

/** Records the next step of formatting, if it follows from what is recorded. Returns what is recorded afterwards. */
export async function writeFormat(
  { volumes }: Stores,
  request: { readonly volumeId: VolumeId; readonly next: FormatRecord },
  ctx: CallContext<"writeFormat">,
): Promise<FormatRecord> {
  const { volumeId, next } = request;
  const volume = await update(volumes, volumeId, ctx, (current) =>
    follows(current.format, next) ? { ...current, format: next } : current,
  );
  if (volume === undefined) throw noSuchVolume(ctx, volumeId);
  if (volume.record.format !== null) return volume.record.format;
  throw ctx.fail("FAILED_PRECONDITION", "format-not-begun", "formatting cannot be finished: the volume has no record that it was begun", {
    resource: volumeId,
    outcome: "none",
  });
}

/** `formatting` only over nothing; `formatted` only over the same file system's `formatting`. */
function follows(current: FormatRecord | null, next: FormatRecord): boolean {
  if (next.state === "formatting") return current === null;
  return isDeepStrictEqual(current, { state: "formatting", fsType: next.fsType, fsUuid: next.fsUuid });
}
