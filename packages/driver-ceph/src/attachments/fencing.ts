import { randomUUID } from "node:crypto";
import { isReadOnlyMode, type AttachmentId, type BackendFacets, type FenceResult, type HostId } from "@opensds/core";
import { listAllAttached, type AttachedImage } from "./attachments.js";
import type { Bind } from "../bind.js";
import { mapBounded, together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, cellTag, encodeFenced } from "../records/cells.js";
import { fencedRecords, placeObject } from "../fenced-hosts.js";
import type { Pool } from "../pool.js";
import { errno, unless } from "../transport/command-failure.js";

/** How long the cluster refuses a fenced client: longer than any client lives. */
const blocklistSeconds = 10 * 365 * 24 * 60 * 60;
const atOnce = 4;

/**
 * Cutting a host off: it is recorded, so that no dock gives it a volume; the cluster refuses the clients that have its volumes open or may write
 * to them; then its attachments go. Attaching looks for the record after it has written its attachment, fencing for attachments after it has
 * written the record: one sees the other.
 */
export function fencingFacet(bind: Bind): BackendFacets["fencing"] {
  return { fenceHost: bind(fenceHost), unfenceHost: bind(unfenceHost) };
}

async function fenceHost(pool: Pool, request: { readonly hostId: HostId }, call: Call<"fenceHost">): Promise<FenceResult> {
  const { ctx } = call;
  if ((await fencedRecords(pool, call, request.hostId)).length === 0) {
    await ctx.step("record-fence");
    const description = encodeFenced({ hostId: request.hostId, fencedAt: new Date().toISOString() });
    await pool.locks.take(call, placeObject, cells.fenced, { exclusive: false, tag: cellTag, cookie: randomUUID(), description });
  }
  const images = (await listAllAttached(pool, call)).filter(({ attachments }) => attachments.some((one) => one.hostId === request.hostId));
  // Clients are known by their addresses, not by their hosts: where another host writes too, nobody can tell whose is whose.
  const shared = images.filter(({ attachments }) => attachments.some(({ hostId: host, mode }) => host !== request.hostId && !isReadOnlyMode(mode)));
  const taken = await mapBounded(
    images.filter((image) => !shared.includes(image)),
    atOnce,
    (image) => takeFrom(pool, call, request.hostId, image),
  );
  if (shared.length > 0) {
    const message = `host ${request.hostId} shares ${shared.length} volumes with other hosts that write; detach those hosts from them, and fence again: the host gets nothing new meanwhile`;
    const volumeIds = shared.flatMap(({ attachments }) => attachments[0]?.volumeId ?? []);
    throw ctx.fail("FAILED_PRECONDITION", "volume-shared", message, { resource: request.hostId, outcome: "applied", details: { volumeIds } });
  }
  return { hostId: request.hostId, attachmentIds: taken.flat() };
}

/** Shuts out whoever has the image open for writing, then takes the host's attachments away. */
async function takeFrom(pool: Pool, call: Call<"fenceHost">, host: HostId, image: AttachedImage): Promise<readonly AttachmentId[]> {
  const own = image.attachments.filter((one) => one.hostId === host);
  if (own.some(({ mode }) => !isReadOnlyMode(mode))) {
    const [watchers, writers] = await together(
      unless([errno.ENOENT], pool.rbd.watchers(call, image.imageName)),
      unless([errno.ENOENT], pool.fence.writers(call, image.imageName)),
    );
    for (const address of new Set([...(watchers ?? []), ...(writers ?? [])])) {
      await call.ctx.step("blocklist");
      await pool.fence.blocklist(call, address, blocklistSeconds);
    }
  }
  for (const locker of image.lockers) {
    if (own.every(({ id }) => id !== locker.cookie)) continue;
    await call.ctx.step("take-attachment");
    await pool.rados.breakLock(call, image.imageId, cells.attachment, locker);
  }
  return own.map(({ id }) => id);
}

async function unfenceHost(pool: Pool, request: { readonly hostId: HostId }, call: Call<"unfenceHost">): Promise<void> {
  for (const locker of await fencedRecords(pool, call, request.hostId)) {
    await call.ctx.step("remove-fence");
    await pool.locks.break(call, placeObject, cells.fenced, locker);
  }
}
