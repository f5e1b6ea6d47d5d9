import type { BackendPageRequest, Importable, Page } from "@opensds/core";
import { mapBounded, together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells } from "../records/cells.js";
import { isNascentName } from "./nascent-image.js";
import { requestIn } from "./get-volume.js";
import { volumeBytes } from "../records/encryption.js";
import { isOurImageName } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import { errno, unless } from "../transport/command-failure.js";
import type { ImageView } from "../transport/images.js";

/** The cells that tell whether an image is another tool's. */
export const foreignCells: readonly string[] = [cells.request, cells.importing, cells.closing, cells.name];

/** Devices consist of whole sectors. */
const sectorBytes = 512;
const atOnce = 4;
const version = "ceph1i";

/** One page of the images that other tools made, in the order of their names. */
export async function listImportablePage(pool: Pool, request: BackendPageRequest, call: Call<"listImportable">): Promise<Page<Importable>> {
  const after = request.token === undefined ? "" : nameIn(request.token);
  if (after === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  const names = (await pool.rbd.list(call)).filter((name) => !isOurImageName(name) && !isNascentName(name) && name > after).sort();
  const some = names.slice(0, request.pageSize);
  const found = await mapBounded(some, atOnce, async (name): Promise<Importable | undefined> => {
    const view = await pool.images.byName(call, name, foreignCells);
    // A volume whose image was renamed is still a volume.
    if (view === undefined || requestIn(view) !== undefined) return undefined;
    const [obstacle, encryption] = await together(obstacleOf(pool, call, view), pool.encryption.recorded(call, view.info.id));
    const { sizeBytes } = view.info;
    return { reference: name, sizeBytes: Number.isSafeInteger(sizeBytes) ? volumeBytes(sizeBytes, { encryption }) : null, ...(obstacle !== undefined && { obstacle }) };
  });
  const last = some.at(-1);
  const items = found.filter((one) => one !== undefined);
  return last === undefined || some.length === names.length ? { items } : { items, nextToken: tokenAfter(last) };
}

const tokenAfter = (name: string): string => `${version}.${Buffer.from(name).toString("base64url")}`;

function nameIn(token: string): string | undefined {
  const [form, encoded, ...rest] = token.split(".");
  if (form !== version || encoded === undefined || rest.length > 0) return undefined;
  const name = Buffer.from(encoded, "base64url").toString("utf8");
  return tokenAfter(name) === token ? name : undefined;
}

/** Why an image cannot become a volume, in words. Who has it open is asked when it is taken over. */
export async function obstacleOf(pool: Pool, call: Call, { info }: ImageView): Promise<string | undefined> {
  if (info.features.includes("migrating")) return "its content is still being copied by a migration";
  if (info.sizeBytes === 0 || info.sizeBytes % sectorBytes !== 0) return `it has ${info.sizeBytes} bytes, which is no whole number of sectors`;
  if (!Number.isSafeInteger(info.sizeBytes)) return "it is larger than 2^53 - 1 bytes";
  const details = await unless([errno.ENOENT], pool.details.of(call, info.id));
  return details?.primary === false ? "it is mirrored from another cluster and is not primary here" : undefined;
}
