import type { BackendCreateRequest, Volume } from "@opensds/core";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, encodeRequest, newRequest } from "../records/cells.js";
import { cloneImage, keepShallow } from "./create-from-source.js";
import { makeEncryptedImage } from "./encrypted-image.js";
import { judgeExisting, type Turn } from "./existing-image.js";
import { describe, volumeCells } from "./get-volume.js";
import { imageNameOf } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import type { MaybeEncrypted } from "../records/encryption.js";
import { removeEmptyImage } from "./remove-image.js";
import { requestCellOf, takeRequestCell } from "../records/request-cell.js";
import { errno, failedWith, unless } from "../transport/command-failure.js";
import type { PlacedForm } from "../transport/rbd-making.js";
import type { StepwiseMaking } from "../transport/transport.js";
import { clearHalfMade } from "./unfinished-image.js";

/**
 * Makes a volume, or returns the one that the same request made. The image's name decides which image it is, its request
 * cell whose volume it is; both are written only where nothing stands. docs/decisions/0002 argues every race and crash.
 */
export async function createVolume(
  pool: Pool,
  request: BackendCreateRequest,
  call: Call<"createVolume">,
): Promise<Volume> {
  const imageName = imageNameOf(request.name);
  for (;;) {
    call.ctx.signal.throwIfAborted();
    const turn = await createOnce(pool, call, request, imageName);
    if (turn !== "again") return turn.volume;
  }
}

async function createOnce(
  pool: Pool,
  call: Call<"createVolume">,
  request: BackendCreateRequest,
  imageName: string,
): Promise<Turn> {
  const startedAt = performance.now();
  const { unfinishedAfterMs } = pool.config;
  const inTime = (): boolean => performance.now() - startedAt < unfinishedAfterMs;
  if (isPlain(pool, request) && pool.transport.stepwise !== undefined) {
    const turn = await createQuickly(pool, pool.transport.stepwise, call, request, imageName, inTime);
    if (turn !== "taken") return turn;
  }
  const made = await makeImage(pool, call, request, imageName);
  const [view, foundId] = await together(
    pool.images.byName(call, imageName, made !== false ? [] : volumeCells),
    made !== false ? Promise.resolve(undefined) : pool.rados.directoryIdOf(call, imageName),
  );
  if (view === undefined) {
    if (made === false) await clearHalfMade(pool, call, imageName);
    return "again";
  }
  const image = view.info;
  // Where the making took long it may have been given up, and the name is another request's image by now.
  if (made !== false && isPlain(pool, request) && image.sizeBytes !== request.sizeBytes) return "again";
  if (made === false) {
    const existing = await judgeExisting(pool, call, request, view, foundId);
    if (existing !== "free") return existing;
  }

  await call.ctx.step("record-request");
  const cell = newRequest(request, made === false ? undefined : made.encryption);
  if (!(await takeRequestCell(pool, call, image.id, encodeRequest(cell)))) return "again";

  // The header may have been gone by then, and taking the cell has made an empty one in its place.
  const mustBeListed = made === false || !inTime();
  const [now, listedId] = await together(
    unless([errno.ENOENT], pool.rbd.infoByName(call, imageName)),
    mustBeListed ? pool.rados.directoryIdOf(call, imageName) : Promise.resolve(image.id),
  );
  if (now?.id !== image.id) {
    await pool.rados.dropJunkHeader(call, image.id);
    return "again";
  }
  if (listedId !== image.id) {
    await removeEmptyImage(pool, call, image.id, imageName);
    return "again";
  }
  if (request.source !== undefined) await keepShallow(pool, call, now);
  return { volume: describe(pool, { info: now, cells: new Map() }, cell) };
}

/**
 * Makes the image and takes its request cell. The cell is taken only on a header that is there, and nobody clears an image
 * away that is younger than `unfinishedAfterMs`: in that time nothing is left to be looked at.
 */
async function createQuickly(
  pool: Pool,
  making: StepwiseMaking,
  call: Call<"createVolume">,
  request: BackendCreateRequest,
  imageName: string,
  inTime: () => boolean,
): Promise<Turn | "taken"> {
  const cell = newRequest(request);
  await call.ctx.step("create-image");
  try {
    const id = await making.create(call, imageName, formOf(pool, request));
    if (id === undefined) return "again";
    await call.ctx.step("record-request");
    // Where this was stopped for long the name may be another request's image by now, which is nobody's volume yet either.
    if (!(await making.takeSized(call, id, request.sizeBytes, cells.request, requestCellOf(encodeRequest(cell))))) return "again";
    // Looked at as any other that was there before: the cell that it bears is an equal request's.
    if (!inTime()) return "taken";
    return { volume: describe(pool, { info: { id, sizeBytes: request.sizeBytes }, cells: new Map() }, cell) };
  } catch (thrown) {
    if (failedWith(thrown, errno.EEXIST)) return "taken";
    throw thrown;
  }
}

/** Whether what is asked for is zeros as they are: one command makes such an image. */
const isPlain = ({ config }: Pool, { source }: BackendCreateRequest): boolean => source === undefined && config.encryption === undefined;

function formOf({ config: { imageFeatures, objectSizeBytes, dataPool } }: Pool, { sizeBytes }: BackendCreateRequest): PlacedForm {
  return { sizeBytes, features: imageFeatures, objectSizeBytes, dataPool };
}

/** Makes the image; false when its name is taken. */
async function makeImage(pool: Pool, call: Call<"createVolume">, request: BackendCreateRequest, imageName: string): Promise<MaybeEncrypted | false> {
  const { source } = request;
  const { encryption } = pool.config;
  if (source !== undefined || encryption !== undefined) {
    // Before its source is looked at: a volume outlives its source, and so does its replay.
    if ((await pool.rados.directoryIdOf(call, imageName)) !== undefined) return false;
  }
  if (source !== undefined) return cloneImage(pool, call, request, source, imageName);
  if (encryption !== undefined) return makeEncryptedImage(pool, call, request, encryption, imageName);
  const form = formOf(pool, request);
  await call.ctx.step("create-image");
  try {
    await (form.dataPool === undefined ? pool.rbd.create(call, imageName, form) : pool.making.create(call, imageName, form));
    return {};
  } catch (thrown) {
    if (failedWith(thrown, errno.EEXIST)) return false;
    throw thrown;
  }
}
