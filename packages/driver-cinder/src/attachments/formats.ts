import type { CallContext, FormatRecord, VolumeId } from "@opensds/core";
import * as v from "valibot";
import type { Call } from "../call.js";
import { ownVolume } from "../volumes/get-volume.js";
import type { Project } from "../project.js";
import { decodeRecord, encodeRecord, keys } from "../records/records.js";
import type { CinderVolume } from "../transport/shapes.js";

const formatShape = v.object({ state: v.picklist(["formatting", "formatted"]), fsType: v.picklist(["ext4", "xfs"]), fsUuid: v.string() });

/** What is recorded about formatting a volume. */
export async function readFormat(project: Project, request: { readonly volumeId: VolumeId }, call: Call<"readFormat">): Promise<FormatRecord | null> {
  const volume = await ownVolume(project, call, request.volumeId);
  if (volume === undefined) throw notFound(call.ctx, request.volumeId);
  return recordOf(volume);
}

/**
 * Records a step of formatting, and returns what is recorded afterwards. Metadata are written without a condition: that only one host has
 * the volume for writing, and one process of it at a time, is what keeps two from writing here.
 */
export async function writeFormat(
  project: Project,
  request: { readonly volumeId: VolumeId; readonly next: FormatRecord },
  call: Call<"writeFormat">,
): Promise<FormatRecord> {
  const { next, volumeId } = request;
  const volume = await ownVolume(project, call, volumeId);
  if (volume === undefined) throw notFound(call.ctx, volumeId);
  const record = recordOf(volume);
  const follows = next.state === "formatting" ? record === null : record?.state === "formatting" && isSame(record, next);
  if (!follows) {
    if (record !== null) return record;
    const message = `no formatting of volume ${volumeId} is recorded that could have ended`;
    throw call.ctx.fail("FAILED_PRECONDITION", "format-not-begun", message, { resource: volumeId, outcome: "none" });
  }
  await call.ctx.step(`record-${next.state}`);
  const { state, fsType, fsUuid } = next;
  if (!(await project.volumes.addMetadata(call, volumeId, encodeRecord(keys.format, { state, fsType, fsUuid })))) throw notFound(call.ctx, volumeId);
  const after = await ownVolume(project, call, volumeId);
  const written = after && recordOf(after);
  if (written === undefined || written === null) throw notFound(call.ctx, volumeId);
  return written;
}

const recordOf = ({ metadata }: CinderVolume): FormatRecord | null => decodeRecord(metadata, keys.format, formatShape) ?? null;

const isSame = (a: FormatRecord, b: FormatRecord): boolean => a.fsUuid === b.fsUuid && a.fsType === b.fsType;

function notFound(ctx: CallContext, id: VolumeId): Error {
  return ctx.fail("NOT_FOUND", "volume-not-found", `no volume has the id ${id}`, { resource: id, outcome: "none" });
}
