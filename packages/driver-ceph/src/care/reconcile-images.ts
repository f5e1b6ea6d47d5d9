import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { mapBounded, together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, cellTag, decodeClosing, decodeImporting, decodeRequest, decodeReverting, isUnmanaging, voidRequest } from "../records/cells.js";
import { helperEnds } from "../volumes/create-from-source.js";
import { endImage, parentOf } from "../volumes/end-image.js";
import { snapshotsOf } from "../snapshots/find-snapshot.js";
import { volumeCells } from "../volumes/get-volume.js";
import { isOurImageName } from "../records/image-name.js";
import { record } from "../volumes/imports.js";
import type { Leftover } from "./leftover.js";
import type { Pool } from "../pool.js";
import { removeEmptyImage, unlistImage } from "../volumes/remove-image.js";
import { errno, unless } from "../transport/command-failure.js";
import type { ImagePage, ImageView } from "../transport/images.js";
import type { Lock, Locker } from "../transport/rados.js";
import { clearHalfMade } from "../volumes/unfinished-image.js";
import { forget } from "../volumes/unmanage-volume.js";
import { hasPassed } from "../until.js";

const perLook = 1_000;
const atOnce = 4;

/** What is left at images that are in RBD's directory, ours and those that are becoming ours or have ceased to be. */
export async function imageLeftovers(pool: Pool, call: Call): Promise<readonly Leftover[]> {
  const first = await lookAtAll(pool, call);
  const found = (await mapBounded(first.views, atOnce, (view) => leftAt(pool, call, view))).flat();
  const unborn = first.views.filter(isUnborn);
  if (first.halfMade.length + unborn.length === 0) return found;
  // Their makers may be at work: whoever is quicker than this leaves nothing.
  await sleep(pool.config.unfinishedAfterMs, undefined, { signal: call.ctx.signal });
  const again = await lookAtAll(pool, call);
  const still = again.views.filter((view) => isUnborn(view) && unborn.some(({ info }) => info.id === view.info.id));
  return [
    ...found,
    ...again.halfMade.filter((name) => first.halfMade.includes(name)).map((name) => halfMade(pool, call, name)),
    ...(await mapBounded(still, atOnce, (view) => unfinished(pool, call, view))),
  ];
}

/** All images, and the names of ours that RBD's directory has and that open nowhere. */
async function lookAtAll(pool: Pool, call: Call): Promise<{ readonly views: readonly ImageView[]; readonly halfMade: readonly string[] }> {
  const names = await pool.rbd.list(call);
  const views: ImageView[] = [];
  let next: string | undefined = "";
  while (next !== undefined) {
    const page: ImagePage = await pool.images.page(call, { prefixes: [""], after: next, limit: perLook }, volumeCells);
    views.push(...page.views);
    next = page.next;
  }
  const opened = new Set(views.map(({ info }) => info.name));
  return { views, halfMade: names.filter((name) => isOurImageName(name) && !opened.has(name)) };
}

/** Under our name, without a request and not about to be imported: being created, or left by a killed create. */
const isUnborn = ({ info, cells: held }: ImageView): boolean =>
  isOurImageName(info.name) && !held.has(cells.request) && !held.has(cells.importing);

function halfMade(pool: Pool, call: Call, name: string): Leftover {
  const message = "RBD's directory has the name, and no image opens under it: a command of RBD's was cut off";
  return { kind: "half-made-image", reference: name, message, action: "undo", mend: () => clearHalfMade(pool, call, name) };
}

async function unfinished(pool: Pool, call: Call, { info }: ImageView): Promise<Leftover> {
  const [watchers, usedBytes] = await together(
    unless([errno.ENOENT], pool.rbd.watchers(call, info.name, info.id)),
    unless([errno.ENOENT], pool.rbd.usedBytes(call, info.name)),
  );
  if (info.snapshots > 0 || (usedBytes ?? 0) > 0 || (watchers ?? []).length > 0) {
    const message = "an image under a name of ours that is no volume and is used: another tool made it; rename or remove it";
    return { kind: "foreign-image", reference: info.name, message, action: "report" };
  }
  return {
    kind: "unfinished-create",
    reference: info.name,
    message: "an image that nobody has recorded a request for: a create was cut off",
    action: "undo",
    mend: async () => {
      await call.ctx.step("give-image-up");
      const given = { exclusive: true, tag: cellTag, cookie: randomUUID(), description: voidRequest };
      if (await pool.rados.takeLock(call, info.id, cells.request, given)) await removeEmptyImage(pool, call, info.id, info.name);
    },
  };
}

/** What a look at one image shows at once. */
async function leftAt(pool: Pool, call: Call, view: ImageView): Promise<readonly Leftover[]> {
  const { info, cells: held } = view;
  const request = held.get(cells.request)?.lockers[0];
  if (request !== undefined && decodeRequest(request) === undefined) {
    const message = "an image that was given up";
    return [{ kind: "void-image", reference: info.name, message, action: "finish", mend: () => removeEmptyImage(pool, call, info.id, info.name) }];
  }
  const closing = held.get(cells.closing);
  return [
    ...(closing === undefined ? [] : await closed(pool, call, view, closing)),
    ...revertLeft(view, held.get(cells.reverting)),
    ...importLeft(pool, call, view, held.get(cells.importing)),
    ...(info.snapshots === 0 ? [] : await helpersLeft(pool, call, view)),
  ];
}

async function closed(pool: Pool, call: Call, { info, cells: held }: ImageView, closing: Lock): Promise<readonly Leftover[]> {
  if (await pool.rados.isDoomed(call, info.id)) {
    const message = "a delete was decided and was cut off before the image was out of RBD's directory";
    const mend = async (): Promise<void> => {
      const parent = await parentOf(pool, call, info.id);
      await unlistImage(pool, call, info.id, info.name, pool.config.trashSeconds);
      if (pool.config.trashSeconds === 0) await endImage(pool, call, info.id, parent);
    };
    // Whoever decided it goes on at once: a moment later it is not there any more.
    return allOver(closing) ? [{ kind: "unfinished-delete", reference: info.name, message, action: "finish", mend }] : [];
  }
  const dead = closing.lockers.filter((locker) => decodeClosing(locker).getTime() < Date.now());
  if (dead.length === 0) return [];
  if (!isOurImageName(info.name) && dead.some(isUnmanaging)) {
    const message = "an image that was let go and still has cells of ours";
    return [{ kind: "unfinished-unmanage", reference: info.name, message, action: "finish", mend: () => forget(pool, call, info.id, closing.lockers) }];
  }
  if (!held.has(cells.request)) return [];
  const message = "closed by a call that was cut off before it had decided to delete the volume";
  return [{ kind: "closed-for-delete", reference: info.name, message, action: "undo", mend: () => breakAll(pool, call, info.id, cells.closing, dead) }];
}

const allOver = ({ lockers }: Lock): boolean => lockers.every((locker) => decodeClosing(locker).getTime() < Date.now());

function revertLeft({ info }: ImageView, reverting: Lock | undefined): readonly Leftover[] {
  const dead = (reverting?.lockers ?? []).map(decodeReverting).filter(({ until }) => hasPassed(until));
  return dead.map(({ snapshotId }) => ({
    kind: "unfinished-revert",
    reference: info.name,
    message: `a revert to snapshot ${snapshotId} was cut off: the volume holds a mixture until revertVolume is called again`,
    action: "report",
  }));
}

function importLeft(pool: Pool, call: Call, view: ImageView, importing: Lock | undefined): readonly Leftover[] {
  const locker = importing?.lockers[0];
  if (locker === undefined) return [];
  const { info } = view;
  const { name, reference, until } = decodeImporting(locker);
  if (!hasPassed(until)) return [];
  if (isOurImageName(info.name)) {
    const message = `the import of ${JSON.stringify(reference)} as ${JSON.stringify(name)} was cut off after the image was renamed`;
    const mend = async (): Promise<void> => {
      await record(pool, { name, reference }, call, view);
    };
    return [{ kind: "unfinished-import", reference: info.name, message, action: "finish", mend }];
  }
  const message = `the import of ${JSON.stringify(reference)} as ${JSON.stringify(name)} was cut off before the image was renamed`;
  return [{ kind: "unfinished-import", reference: info.name, message, action: "undo", mend: () => breakAll(pool, call, info.id, cells.importing, [locker]) }];
}

async function helpersLeft(pool: Pool, call: Call, { info }: ImageView): Promise<readonly Leftover[]> {
  const helpers = (await snapshotsOf(pool, call, info.id)).filter(({ kind, name }) => kind === "user" && (helperEnds(name)?.getTime() ?? Infinity) < Date.now());
  return helpers.map(({ id, name }) => ({
    kind: "clone-helper",
    reference: `${info.name}@${name}`,
    message: "a snapshot that was cut to clone a volume from: the create was cut off",
    action: "undo",
    mend: () => pool.snapshots.remove(call, info.id, id),
  }));
}

async function breakAll(pool: Pool, call: Call, imageId: string, cell: string, lockers: readonly Locker[]): Promise<void> {
  for (const locker of lockers) await pool.rados.breakLock(call, imageId, cell, locker);
}
