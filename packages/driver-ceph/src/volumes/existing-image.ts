import { isDeepStrictEqual } from "node:util";
import type { BackendCreateRequest, Volume } from "@opensds/core";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, voidRequest, type RequestCell } from "../records/cells.js";
import { keepShallow } from "./create-from-source.js";
import { endImage, parentOf } from "./end-image.js";
import { volumeBytes } from "../records/encryption.js";
import { describe, requestIn } from "./get-volume.js";
import { isOurImageName } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import { removeEmptyImage, unlistImage } from "./remove-image.js";
import { takeRequestCell } from "../records/request-cell.js";
import { errno, unless } from "../transport/command-failure.js";
import type { ImageView } from "../transport/images.js";
import type { ImageInfo } from "../transport/rbd.js";
import { isDecidedToGo, waitUntil } from "./unfinished-image.js";

/** For how long the cluster believes at the most that a client that died has an image open: 30 s, and some to spare. */
const watchLingersMs = 35_000;

/** What one turn of creating came to: a volume to return, or a reason to begin again. */
export type Turn = { readonly volume: Volume } | "again";

/** What to do about an image that was there before us: it is the volume, it is free to become ours, or it goes. */
export async function judgeExisting(
  pool: Pool,
  call: Call<"createVolume">,
  request: BackendCreateRequest,
  view: ImageView,
  listedId: string | undefined,
): Promise<Turn | "free"> {
  const image = view.info;
  const locker = view.cells.get(cells.request)?.lockers[0];
  if (locker !== undefined) {
    const recorded = requestIn(view);
    if (recorded === undefined) {
      await removeEmptyImage(pool, call, image.id, image.name);
      return "again";
    }
    if (listedId !== image.id) {
      // It opens by its name but is not in RBD's directory: its maker was cut off by somebody who took it for half-made.
      // Nobody was ever given such an image, because every create looks at the directory first.
      if (!(await becomesListed(pool, call, image))) await removeEmptyImage(pool, call, image.id, image.name);
      return "again";
    }
    return answerReplay(pool, call, request, view, recorded);
  }

  const importing = view.cells.get(cells.importing)?.lockers[0];
  if (importing !== undefined) {
    const message = `image ${image.name} is being imported as volume ${JSON.stringify(request.name)}; where no importVolume runs any more, call it again, or take another name`;
    throw call.ctx.fail("ALREADY_EXISTS", "volume-exists", message, { resource: request.name, outcome: "none" });
  }

  const isSettled = async (): Promise<boolean> =>
    (await pool.rados.readLock(call, image.id, cells.request)) !== undefined ||
    (await unless([errno.ENOENT], pool.rbd.infoByName(call, image.name)))?.id !== image.id;
  // Its maker may be about to record its request, or about to undo a create that failed; a killed one never will.
  if (await waitUntil(call, pool.config.unfinishedAfterMs, isSettled)) return "again";
  // A clone is open while it is being made, and where its maker was killed it is believed to be for a while.
  const lingersUntil = performance.now() + watchLingersMs;
  const isClosed = async (): Promise<boolean> => ((await unless([errno.ENOENT], pool.rbd.watchers(call, image.name))) ?? []).length === 0;
  const isOver = async (): Promise<boolean> => (await isSettled()) || (await isClosed());
  if ((await isOnlyOpen(pool, call, image)) && (await waitUntil(call, lingersUntil - performance.now(), isOver))) return "again";
  await refuseForeign(pool, call, request, image);
  if (request.source === undefined && !image.isClone && pool.config.encryption === undefined && fits(pool, request, image) && (await isComplete(pool, call, image))) return "free";
  await call.ctx.step("give-image-up");
  if (await takeRequestCell(pool, call, image.id, voidRequest)) {
    await removeEmptyImage(pool, call, image.id, image.name);
  }
  return "again";
}

/** The object map is what `rbd create` makes last. */
const isComplete = async (pool: Pool, call: Call, image: ImageInfo): Promise<boolean> =>
  !image.features.includes("object-map") || (await pool.rados.hasObjectMap(call, image.id));

const becomesListed = (pool: Pool, call: Call, image: ImageInfo): Promise<boolean> =>
  waitUntil(call, pool.config.unfinishedAfterMs, async () => (await pool.rados.directoryIdOf(call, image.name)) === image.id);

/** The same request again gets the same volume; another request for the name is refused. */
async function answerReplay(
  pool: Pool,
  call: Call<"createVolume">,
  request: BackendCreateRequest,
  view: ImageView,
  recorded: RequestCell,
): Promise<Turn> {
  const { ctx } = call;
  const image = view.info;
  const volume = describe(pool, view, recorded);
  if (volume.state === "deleting") {
    if (await isDecidedToGo(pool, call, image.id)) {
      const [parent] = await together(parentOf(pool, call, image.id), unlistImage(pool, call, image.id, image.name, pool.config.trashSeconds));
      if (pool.config.trashSeconds === 0) await endImage(pool, call, image.id, parent);
      return "again";
    }
    const message = `volume ${JSON.stringify(request.name)} is being deleted; retry when deleteVolume has ended, or call it again where it was cut off`;
    throw ctx.fail("ABORTED", "volume-deleting", message, { resource: volume.id, outcome: "none" });
  }
  const difference = differenceOf(request, recorded, image) ?? differentlyEncrypted(pool, request, recorded);
  if (difference === undefined) {
    if (recorded.source !== undefined && image.isClone) await keepShallow(pool, call, image);
    return { volume };
  }
  throw ctx.fail("ALREADY_EXISTS", "volume-exists", `volume ${JSON.stringify(request.name)} exists and ${difference}; take another name`, {
    resource: volume.id,
    outcome: "none",
    details: { volumeId: volume.id, sizeBytes: volume.sizeBytes },
  });
}

function differenceOf({ name, capacity, parameters, source }: BackendCreateRequest, recorded: RequestCell, image: ImageInfo): string | undefined {
  if (recorded.name !== name) return "bears another name of the same hash";
  const sizeBytes = volumeBytes(image.sizeBytes, recorded);
  if (capacity.requiredBytes > sizeBytes) return `has ${sizeBytes} bytes, less than the ${capacity.requiredBytes} asked for`;
  if (capacity.limitBytes !== null && recorded.sizeBytes > capacity.limitBytes) {
    return `was made with ${recorded.sizeBytes} bytes, more than the ${capacity.limitBytes} allowed`;
  }
  const keys = new Set([...Object.keys(parameters), ...Object.keys(recorded.parameters)]);
  const other = [...keys].find((key) => parameters[key] !== recorded.parameters[key]);
  if (other !== undefined) return `was asked for with another ${other}`;
  if (recorded.importedFrom !== undefined) return "was imported, not made";
  return isDeepStrictEqual(source, recorded.source) ? undefined : "was made from another source";
}

/** What a backend makes is encrypted or not, whoever makes it; a clone is as its source is. */
function differentlyEncrypted({ config }: Pool, { source }: BackendCreateRequest, { encryption }: RequestCell): string | undefined {
  if (config.encryption !== undefined && encryption === undefined) return "is not encrypted";
  return config.encryption === undefined && encryption !== undefined && source === undefined ? "is encrypted" : undefined;
}

/** An image under our name that another tool made and uses is nobody's half-done create. */
async function refuseForeign(
  pool: Pool,
  call: Call<"createVolume">,
  request: BackendCreateRequest,
  image: ImageInfo,
): Promise<void> {
  const { watchers, signs } = await useOf(pool, call, image);
  if (signs.length === 0) return;
  throw call.ctx.fail(
    "ALREADY_EXISTS",
    "foreign-image",
    `image ${pool.config.pool}/${image.name}, which volume ${JSON.stringify(request.name)} would be, was made by another tool: it ${signs.join(" and ")}; rename or remove it, or take another name`,
    { resource: request.name, outcome: "none", recovery: "operator", details: { image: image.name, imageId: image.id, watchers } },
  );
}

/** Who has an image open, and by what else it shows that another tool has made it or uses it. */
async function useOf(pool: Pool, call: Call, image: ImageInfo): Promise<{ readonly watchers: readonly string[]; readonly signs: readonly string[] }> {
  const [watchers, usedBytes] = await together(watchersOf(pool, call, image), unless([errno.ENOENT], pool.rbd.usedBytes(call, image.name)));
  const signs = [
    ...(image.id === "" ? ["is of RBD's format 1"] : []),
    ...(image.isClone && !(await isCloneOfOurs(pool, call, image)) ? ["is a clone"] : []),
    ...(image.snapshots > 0 ? ["has snapshots"] : []),
    ...(usedBytes !== undefined && usedBytes > 0 ? [`holds ${usedBytes} bytes of data`] : []),
    ...(watchers.length > 0 ? [`is open at ${watchers.join(", ")}`] : []),
  ];
  return { watchers, signs };
}

/** Whether that it is open is all that shows use of an image. */
async function isOnlyOpen(pool: Pool, call: Call, image: ImageInfo): Promise<boolean> {
  const { watchers, signs } = await useOf(pool, call, image);
  return watchers.length > 0 && signs.length === 1;
}

const watchersOf = async (pool: Pool, call: Call, image: ImageInfo): Promise<readonly string[]> =>
  (await unless([errno.ENOENT], pool.rbd.watchers(call, image.name, image.id))) ?? [];

/** A killed create from a source leaves a clone of one of our images. */
async function isCloneOfOurs(pool: Pool, call: Call, image: ImageInfo): Promise<boolean> {
  const parent = await parentOf(pool, call, image.id);
  return parent?.pool === pool.config.pool && parent.namespace === pool.config.namespace && isOurImageName(parent.imageName);
}

/** Whether an image that nobody owns is as this request would have made it. */
function fits({ config }: Pool, request: BackendCreateRequest, image: ImageInfo): boolean {
  const sameObjects = config.objectSizeBytes === undefined || config.objectSizeBytes === image.objectSizeBytes;
  const wanted = config.imageFeatures && [...config.imageFeatures.filter((feature) => feature !== "data-pool"), ...(config.dataPool === undefined ? [] : ["data-pool"])];
  const sameFeatures =
    wanted === undefined
      ? image.features.includes("data-pool") === (config.dataPool !== undefined)
      : wanted.length === image.features.length && wanted.every((feature) => image.features.includes(feature));
  return image.sizeBytes === request.sizeBytes && sameObjects && sameFeatures;
}
