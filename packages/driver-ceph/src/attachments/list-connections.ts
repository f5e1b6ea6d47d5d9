import type { Connection, HostId, VolumeId } from "@opensds/core";
import type { Call } from "../call.js";
import type { Pool } from "../pool.js";
import { cells, UnreadableCell } from "../records/cells.js";
import type { ImageEncryption } from "../records/encryption.js";
import { ourPrefixes } from "../records/image-name.js";
import { imageIdIn } from "../records/volume-id.js";
import type { ImageGlance, ImagePage } from "../transport/images.js";
import { requestIn, requestOf } from "../volumes/get-volume.js";
import { noSuchVolume } from "../volumes/require-volume.js";
import { attachmentsIn, connectionOf } from "./attachments.js";

/** Images that one look takes in when every volume's attachments are listed. */
const perLook = 1_000;

/** The recorded attachments of one volume or of all, of one host or of all. */
export async function listConnections(
  pool: Pool,
  request: { readonly volumeId?: VolumeId | undefined; readonly hostId?: HostId | undefined },
  call: Call<"listAttachments">,
): Promise<readonly Connection[]> {
  const found: Connection[] = [];
  for await (const { info, cells: held } of viewsOf(pool, call, request.volumeId)) {
    const all = attachmentsIn(pool, info.id, held.get(cells.attachment));
    const attachments = all.filter(({ hostId }) => request.hostId === undefined || hostId === request.hostId);
    if (attachments.length === 0) continue;
    const encryption = await encryptionOf(pool, call, info.id);
    found.push(...attachments.map((attachment) => connectionOf(pool, attachment, { imageId: info.id, imageName: info.name, encryption })));
  }
  return found;
}

/** How a volume is encrypted. One of a layout that this driver does not know hides no other's attachments. */
async function encryptionOf(pool: Pool, call: Call, imageId: string): Promise<ImageEncryption | undefined> {
  try {
    return (await requestOf(pool, call, imageId))?.encryption;
  } catch (thrown) {
    if (thrown instanceof UnreadableCell) return undefined;
    throw thrown;
  }
}

/** A look at one volume's image, or at all images of ours. */
async function* viewsOf(pool: Pool, call: Call<"listAttachments">, id: VolumeId | undefined): AsyncGenerator<ImageGlance> {
  if (id !== undefined) {
    const imageId = imageIdIn(pool.place, id);
    const view = imageId === undefined ? undefined : await pool.images.glance.byId(call, imageId, [cells.request, cells.attachment]);
    if (view === undefined || requestIn(view) === undefined) throw noSuchVolume(pool, call.ctx, id);
    yield view;
    return;
  }
  let next: string | undefined = "";
  while (next !== undefined) {
    const page: ImagePage<ImageGlance> = await pool.images.glance.page(call, { prefixes: ourPrefixes, after: next, limit: perLook }, [cells.attachment]);
    yield* page.views;
    next = page.next;
  }
}
