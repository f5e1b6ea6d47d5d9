import type { CallContext, FormatRecord, VolumeId } from "@opensds/core";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, cellTag, decodeFormat, encodeFormat } from "../records/cells.js";
import type { Pool } from "../pool.js";
import { imageIdIn } from "../records/volume-id.js";

/** What is recorded about formatting a volume. */
export async function readFormat(
  pool: Pool,
  request: { readonly volumeId: VolumeId },
  call: Call<"readFormat">,
): Promise<FormatRecord | null> {
  const imageId = imageIdIn(pool.place, request.volumeId);
  const found = imageId === undefined ? undefined : await readListed(pool, call, imageId);
  if (found === undefined) throw notFound(call.ctx, request.volumeId);
  return found.record;
}

/** Records a step of formatting. Each step is a cell of its own, written once. Returns what is recorded afterwards. */
export async function writeFormat(
  pool: Pool,
  request: { readonly volumeId: VolumeId; readonly next: FormatRecord },
  call: Call<"writeFormat">,
): Promise<FormatRecord> {
  const { ctx } = call;
  const { next, volumeId } = request;
  const imageId = imageIdIn(pool.place, volumeId);
  const before = imageId === undefined ? undefined : await readListed(pool, call, imageId);
  if (imageId === undefined || before === undefined) throw notFound(ctx, volumeId);
  const { record } = before;
  const follows = next.state === "formatting" ? record === null : record?.state === "formatting" && isSame(record, next);
  if (!follows) {
    if (record !== null) return record;
    const message = `no formatting of volume ${volumeId} is recorded that could have ended`;
    throw ctx.fail("FAILED_PRECONDITION", "format-not-begun", message, { resource: volumeId, outcome: "none" });
  }

  await ctx.step(`record-${next.state}`);
  const cell = next.state === "formatting" ? cells.formatting : cells.formatted;
  const content = { exclusive: true, tag: cellTag, cookie: next.fsUuid, description: encodeFormat(next) };
  await pool.rados.takeLock(call, imageId, cell, content);
  const after = await readListed(pool, call, imageId);
  if (after?.record === undefined || after.record === null) {
    await pool.rados.dropJunkHeader(call, imageId);
    throw notFound(ctx, volumeId);
  }
  return after.record;
}

/** The record of an image that is in RBD's directory; undefined when it is not there. */
async function readListed(pool: Pool, call: Call, imageId: string): Promise<{ readonly record: FormatRecord | null } | undefined> {
  const [imageName, begun, ended] = await together(
    pool.rados.directoryNameOf(call, imageId),
    pool.rados.readLock(call, imageId, cells.formatting),
    pool.rados.readLock(call, imageId, cells.formatted),
  );
  if (imageName === undefined) return undefined;
  const beginning = begun?.lockers[0];
  const end = ended?.lockers[0];
  if (beginning === undefined) return { record: null };
  const record = decodeFormat(cells.formatting, beginning);
  const done = end !== undefined && isSame(decodeFormat(cells.formatted, end), record);
  return { record: { ...record, state: done ? "formatted" : "formatting" } };
}

const isSame = (a: Omit<FormatRecord, "state">, b: Omit<FormatRecord, "state">): boolean =>
  a.fsUuid === b.fsUuid && a.fsType === b.fsType;

function notFound(ctx: CallContext, id: VolumeId): Error {
  return ctx.fail("NOT_FOUND", "volume-not-found", `no volume has the id ${id}`, { resource: id, outcome: "none" });
}
