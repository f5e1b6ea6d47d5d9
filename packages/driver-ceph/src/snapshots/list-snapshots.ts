import type { BackendPageRequest, Page, Snapshot, VolumeId } from "@opensds/core";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { ourSnapshots } from "./find-snapshot.js";
import { isOurImageName } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import { snapshotKeyIn } from "../records/snapshot-id.js";
import { imageIdIn } from "../records/volume-id.js";

/** Volumes looked at together. */
const atOnce = 4;
const version = "ceph1s";

/** Where a page has ended: at a snapshot of an image, or after the whole image. */
interface Place {
  readonly imageName: string;
  readonly number: number;
}

/** One page of the snapshots, of one volume or of all: sorted by the names of the images, then as they were cut. */
export async function listSnapshotPage(
  pool: Pool,
  request: BackendPageRequest & { readonly sourceVolumeId?: VolumeId | undefined },
  call: Call<"listSnapshots">,
): Promise<Page<Snapshot>> {
  const after = request.token === undefined ? { imageName: "", number: 0 } : placeIn(request.token);
  if (after === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  const names = (await namesOf(pool, call, request.sourceVolumeId)).filter((name) => name >= after.imageName);
  const items: Snapshot[] = [];
  for (let next = 0; next < names.length; next += atOnce) {
    const some = names.slice(next, next + atOnce);
    const found = await mapBounded(some, atOnce, (name) => snapshotsOfImage(pool, call, name));
    for (const [index, snapshots] of found.entries()) {
      const imageName = some[index] ?? "";
      for (const snapshot of snapshots) {
        const number = snapshotKeyIn(pool.place, snapshot.id)?.number ?? 0;
        if (imageName === after.imageName && number <= after.number) continue;
        if (items.length === request.pageSize) return { items, nextToken: lastToken(pool, items, some, found) };
        items.push(snapshot);
      }
    }
    const last = some.at(-1);
    if (items.length === request.pageSize && last !== undefined && next + atOnce < names.length) {
      return { items, nextToken: tokenOf({ imageName: last, number: Number.MAX_SAFE_INTEGER }) };
    }
  }
  return { items };
}

function lastToken(pool: Pool, items: readonly Snapshot[], names: readonly string[], found: readonly (readonly Snapshot[])[]): string {
  const last = items.at(-1);
  const index = found.findIndex((snapshots) => snapshots.some(({ id }) => id === last?.id));
  const imageName = names[index];
  // The page was full before this handful of images: it goes on with the first of them.
  if (last === undefined || imageName === undefined) return tokenOf({ imageName: names[0] ?? "", number: 0 });
  return tokenOf({ imageName, number: snapshotKeyIn(pool.place, last.id)?.number ?? 0 });
}

async function namesOf(pool: Pool, call: Call, source: VolumeId | undefined): Promise<readonly string[]> {
  if (source === undefined) return (await pool.rbd.list(call)).filter(isOurImageName).sort();
  const imageId = imageIdIn(pool.place, source);
  const name = imageId === undefined ? undefined : await pool.rados.directoryNameOf(call, imageId);
  return name === undefined ? [] : [name];
}

async function snapshotsOfImage(pool: Pool, call: Call, imageName: string): Promise<readonly Snapshot[]> {
  const imageId = await pool.rados.directoryIdOf(call, imageName);
  if (imageId === undefined) return [];
  return (await ourSnapshots(pool, call, imageId)).map(({ snapshot }) => snapshot);
}

const tokenOf = ({ imageName, number }: Place): string => `${version}.${Buffer.from(imageName).toString("base64url")}.${number.toString(36)}`;

function placeIn(token: string): Place | undefined {
  const [form, encoded, number, ...rest] = token.split(".");
  if (form !== version || encoded === undefined || number === undefined || rest.length > 0) return undefined;
  const place = { imageName: Buffer.from(encoded, "base64url").toString("utf8"), number: Number.parseInt(number, 36) };
  return Number.isSafeInteger(place.number) && tokenOf(place) === token ? place : undefined;
}
