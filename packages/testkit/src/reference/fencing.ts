import { randomUUID } from "node:crypto";
import { isReadOnlyMode, type AttachmentId, type BackendFacets, type CallContext, type FenceResult, type HostId } from "@opensds/core";
import { fillWith, whileContentHolds } from "./content.js";
import { readAll } from "./find-record.js";
import { nameKey, newId } from "./identity.js";
import type { Parts } from "./parts.js";
import type { Stored } from "./store.js";
import type { Stores } from "./stores.js";
import { firstData, type VolumeRecord } from "./volume-record.js";

/**
 * A fenced host gets nothing any more, and loses what it has. A device that it still has is on a file that it alone knows by then: the
 * volume goes on in a copy, so that what the host writes from then on reaches nobody.
 */
export function fencingFacet(parts: Parts): BackendFacets["fencing"] {
  const { stores, explained } = parts;
  return {
    fenceHost: ({ hostId }, ctx) => explained(() => fenceHost(stores, hostId, ctx)),
    unfenceHost: ({ hostId }, ctx) => explained(() => unfenceHost(stores, hostId, ctx)),
  };
}

/** First the record, which shuts the host out, then its attachments: one that slips in between takes itself back (attachments.ts). */
async function fenceHost(stores: Stores, hostId: HostId, ctx: CallContext<"fenceHost">): Promise<FenceResult> {
  const key = nameKey(hostId);
  while ((await stores.fencedHosts.read(key, ctx)) === undefined) {
    ctx.signal.throwIfAborted();
    await stores.fencedHosts.create(key, { layout: 1, id: newId(key), hostId, fencedAt: new Date().toISOString() }, ctx);
  }
  const taken: AttachmentId[] = [];
  const shared: string[] = [];
  for (const { key: volumeKey, record } of await readAll(stores.volumes, await stores.volumes.keys(), ctx)) {
    const attachmentIds = await takeFrom(stores, volumeKey, hostId, ctx);
    if (attachmentIds === "shared") shared.push(record.id);
    else taken.push(...attachmentIds);
  }
  if (shared.length === 0) return { hostId, attachmentIds: taken };
  const message = `host ${hostId} shares ${shared.length} volumes with other hosts, which write to the same files; detach those hosts from them, and fence again: the host gets nothing new meanwhile`;
  throw ctx.fail("FAILED_PRECONDITION", "volume-shared", message, { resource: hostId, outcome: "applied", details: { volumeIds: shared } });
}

/** Takes one volume from the host, by one conditional write. A host that only reads needs no new file. */
function takeFrom(stores: Stores, key: string, hostId: HostId, ctx: CallContext<"fenceHost">): Promise<readonly AttachmentId[] | "shared"> {
  return whileContentHolds(hostId, ctx, async () => {
    for (;;) {
      ctx.signal.throwIfAborted();
      const current = await stores.volumes.read(key, ctx);
      const own = current?.record.attachments.filter((attachment) => attachment.hostId === hostId) ?? [];
      if (current === undefined || own.length === 0) return [];
      const attachments = current.record.attachments.filter((attachment) => attachment.hostId !== hostId);
      const reads = own.every(({ mode }) => isReadOnlyMode(mode));
      if (!reads && attachments.length > 0) return "shared";
      const done = reads
        ? await stores.volumes.replace(current, { ...current.record, attachments }, ctx)
        : await moveOn(stores, current, { ...current.record, attachments, data: `${firstData}.${randomUUID()}` }, ctx);
      if (done) return own.map(({ id }) => id);
    }
  });
}

function moveOn({ volumes }: Stores, current: Stored<VolumeRecord>, next: VolumeRecord, ctx: CallContext<"fenceHost">): Promise<boolean> {
  const { id, name, sizeBytes, data } = current.record;
  const content = { id, name, sizeBytes, path: volumes.pathOf(current, data) };
  return volumes.replace(current, next, ctx, fillWith([{ content, file: next.data, sizeBytes }], ctx));
}

async function unfenceHost({ fencedHosts }: Stores, hostId: HostId, ctx: CallContext<"unfenceHost">): Promise<void> {
  for (;;) {
    ctx.signal.throwIfAborted();
    const current = await fencedHosts.read(nameKey(hostId), ctx);
    if (current === undefined) return;
    if (await fencedHosts.remove(current, ctx)) return fencedHosts.finish(current.key, current.record.id, ctx);
  }
}

/** Refuses a fenced host. */
export async function requireNotFenced({ fencedHosts }: Stores, hostId: HostId, ctx: CallContext<"connectVolume">): Promise<void> {
  const fenced = await fencedHosts.read(nameKey(hostId), ctx);
  if (fenced === undefined) return;
  const message = `host ${hostId} was fenced at ${fenced.record.fencedAt}; start it anew, and let an operator unfence it`;
  const details = { hostId, fencedAt: fenced.record.fencedAt };
  throw ctx.fail("FAILED_PRECONDITION", "host-fenced", message, { resource: hostId, recovery: "operator", outcome: "none", details });
}
