import {
  isReadOnlyMode,
  type BackendConnectRequest,
  type Connection,
  type HostInitiators,
  type SouthboundError,
} from "@opensds/core";
import type { Call } from "../call.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { keys } from "../records/records.js";
import { failedWith, HttpFailure } from "../transport/failure.js";
import type { CinderAttachment, CinderVolume } from "../transport/shapes.js";
import { fateOf, isClaimed, isLeaving, proposalOf } from "../volumes/fate.js";
import { ownVolume } from "../volumes/get-volume.js";
import { finishProposals, settleFate } from "../volumes/settle-fate.js";
import { refuseSharing, sharesWith } from "../volumes/sharing.js";
import { stateOf } from "../volumes/states.js";
import { factsMetadata, factsOf, hostOf, type AttachmentFacts } from "./attachment-facts.js";
import { attachmentOf, currentAttachments, isConnected, isNobodys, noSuchVolume } from "./attachments.js";
import { connectionInfoOf } from "./connection-info.js";
import { giveUp } from "./disconnect-volume.js";
import { refuseEncrypted } from "./refuse-encrypted.js";

/** How long a reservation without a host is left to whoever has just made it. It has no device yet, so taking it over harms nobody. */
const nobodysMs = 3_000;

/**
 * Records that a host has a volume: reserves it, which Cinder lets one caller do, writes down for whom, tells Cinder the host, and
 * completes the attachment. Cut off anywhere, the same call goes on from there.
 */
export async function connectVolume(project: Project, request: BackendConnectRequest, call: Call<"connectVolume">): Promise<Connection> {
  const pacer = createPacer();
  let nobodysSince: { readonly id: string; readonly atMs: number } | undefined;
  for (;;) {
    const volume = await ownVolume(project, call, request.volumeId);
    if (volume === undefined) throw noSuchVolume(project, call.ctx, request.volumeId);
    refuseEncrypted(call, volume);
    refuseSharing(call, request, volume);
    if (volume.status === "available" && fateOf(volume) === "kept") {
      const made = await reserve(project, call, request);
      if (made !== undefined) return made;
    } else if (volume.status === "available" && isClaimed(volume)) {
      // Somebody who doubted its maker's claim did not come to an end.
      await settleFate(project, call, volume, "kept");
      continue;
    } else {
      refuseUnready(call, volume);
      const attachments = await currentAttachments(project, call, volume.id);
      const proposals = attachments.filter((attachment) => proposalOf(attachment) !== undefined);
      if (proposals.length > 0) await finishProposals(project, call, volume.id);
      // The facts are written after the reservation, so they are read after it.
      const now = (await ownVolume(project, call, request.volumeId)) ?? volume;
      const others = attachments.filter((attachment) => proposalOf(attachment) === undefined);
      const joined = await join(project, call, request, now, others);
      if (joined !== undefined) return joined;
      if (now.status === "in-use" && others.length > 0 && others.every((attachment) => sharesWith(request, now, attachment))) {
        const added = await reserve(project, call, request);
        if (added !== undefined) return added;
      }
      const nobodys = others.find((attachment) => factsOf(now, attachment.id) === undefined);
      if (nobodys === undefined) nobodysSince = undefined;
      else if (nobodysSince?.id !== nobodys.id) nobodysSince = { id: nobodys.id, atMs: performance.now() };
      else if (performance.now() - nobodysSince.atMs > nobodysMs) {
        await call.ctx.step("take-over-reservation");
        await project.volumes.detach(call, nobodys.id);
      }
    }
    await pacer.next(call);
  }
}

/** Reserves a free volume for the host and connects it; undefined when it was not free any more. */
async function reserve(project: Project, call: Call<"connectVolume">, request: BackendConnectRequest): Promise<Connection | undefined> {
  await call.ctx.step("reserve");
  let reserved: CinderAttachment;
  try {
    reserved = await project.volumes.reserve(call, request.volumeId, isReadOnlyMode(request.mode) ? { mode: "ro" } : {});
  } catch (thrown) {
    if (failedWith(thrown, 400, 404)) return undefined;
    throw thrown;
  }
  // Cinder lets a volume of a sharing type be reserved again once the attachment before is complete: that one came first.
  const [volume, attachments] = [await ownVolume(project, call, request.volumeId), await currentAttachments(project, call, request.volumeId)];
  const others = attachments.filter(({ id }) => id !== reserved.id);
  if (volume === undefined || !others.every((attachment) => sharesWith(request, volume, attachment))) {
    await call.ctx.step("give-up-reservation");
    await project.volumes.detach(call, reserved.id);
    return undefined;
  }
  const facts: AttachmentFacts = { mode: request.mode, connector: request.connector, attachedAt: new Date().toISOString() };
  await call.ctx.step("record-host");
  // Only what is kept for ever is reserved for a host: that is written down with it.
  if (!(await project.volumes.addMetadata(call, request.volumeId, { ...factsMetadata(reserved.id, facts), [keys.fate]: "kept" }))) return undefined;
  const made = await finish(project, call, request, reserved, facts);
  // Taken for a dead process's meanwhile, because we were slow: what is written of it goes too.
  if (made === undefined) await giveUp(project, call, request.volumeId, reserved.id);
  return made;
}

/** Tells Cinder the host and completes the attachment; undefined when it has been taken away meanwhile. */
async function finish(
  project: Project,
  call: Call<"connectVolume">,
  { volumeId: id, initiators }: BackendConnectRequest,
  attachment: CinderAttachment,
  facts: AttachmentFacts,
): Promise<Connection | undefined> {
  const { volumes } = project;
  try {
    let connected: CinderAttachment | undefined = attachment;
    if (!isConnected(attachment)) {
      await call.ctx.step("connect-host");
      connected = await volumes.connect(call, attachment.id, connectorOf(facts, initiators));
    }
    if (connected === undefined) return undefined;
    const info = connectionInfoOf(project.config, connected, facts.mode, call.ctx);
    if (attachment.status !== "attached") {
      await call.ctx.step("complete-attachment");
      if (!(await volumes.complete(call, attachment.id))) return undefined;
    }
    return { attachment: attachmentOf(id, attachment.id, facts), info };
  } catch (thrown) {
    // What Cinder or the configuration refused leaves nothing; what nobody can tell stays for the replay.
    if (!call.ctx.signal.aborted && !(thrown instanceof HttpFailure && thrown.status === undefined)) await giveUp(project, call, id, attachment.id);
    throw thrown;
  }
}

/** What Cinder's drivers know a host by: os-brick's connector properties. */
export const connectorOf = ({ connector }: AttachmentFacts, initiators: HostInitiators | undefined): Readonly<Record<string, unknown>> => ({
  host: connector.hostName,
  platform: "x86_64",
  os_type: "linux",
  multipath: initiators?.multipath ?? false,
  do_local_attach: false,
  ...(initiators?.iscsi !== undefined && { initiator: initiators.iscsi }),
  ...(initiators?.nvme !== undefined && { nqn: initiators.nvme }),
  ...(initiators?.ipAddress !== undefined && { ip: initiators.ipAddress }),
});

/** The connection that the request asks for, where it is there already; throws where another one stands in its way. */
async function join(
  project: Project,
  call: Call<"connectVolume">,
  request: BackendConnectRequest,
  volume: CinderVolume,
  attachments: readonly CinderAttachment[],
): Promise<Connection | undefined> {
  for (const attachment of attachments) {
    const facts = factsOf(volume, attachment.id);
    if (facts === undefined) {
      // Reserved a moment ago by somebody who has not said for whom; anything further is another tool's.
      if (isNobodys(attachment) && !isConnected(attachment)) continue;
      throw elsewhere(call, volume, attachment, undefined);
    }
    if (facts.connector.hostId !== request.connector.hostId && sharesWith(request, volume, attachment)) continue;
    if (facts.connector.hostId !== request.connector.hostId || facts.mode !== request.mode) throw elsewhere(call, volume, attachment, facts);
    const fresh = await refresh(project, call, volume, attachment, facts, request);
    return finish(project, call, request, attachment, fresh);
  }
  return undefined;
}

/** A host that was started anew since is known by its new boot. */
async function refresh(
  project: Project,
  call: Call<"connectVolume">,
  volume: CinderVolume,
  attachment: CinderAttachment,
  facts: AttachmentFacts,
  { connector }: BackendConnectRequest,
): Promise<AttachmentFacts> {
  if (facts.connector.bootId === connector.bootId && facts.connector.hostName === connector.hostName) return facts;
  const fresh = { ...facts, connector };
  await call.ctx.step("record-host");
  await project.volumes.addMetadata(call, volume.id, factsMetadata(attachment.id, fresh));
  return fresh;
}

function refuseUnready({ ctx }: Call<"connectVolume">, volume: CinderVolume): void {
  const { id, status } = volume;
  const info = { resource: id, outcome: "none", details: { state: status } } as const;
  if (isLeaving(volume)) throw ctx.fail("FAILED_PRECONDITION", "volume-deleting", `volume ${id} is being deleted`, { ...info, recovery: "wait-for-operation" });
  const state = stateOf(status);
  if (state === "error") throw ctx.fail("FAILED_PRECONDITION", "volume-in-error", `volume ${id} is in error (Cinder: ${status})`, info);
  if (state === "in-use" && (fateOf(volume) === "kept" || isClaimed(volume))) return;
  throw ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `volume ${id} is not ready (Cinder: ${status})`, info);
}

function elsewhere({ ctx }: Call<"connectVolume">, volume: CinderVolume, attachment: CinderAttachment, facts: AttachmentFacts | undefined): SouthboundError {
  const host = hostOf(volume, attachment);
  const how = facts === undefined ? "by another tool" : `as ${facts.mode} since ${facts.attachedAt}`;
  return ctx.fail("FAILED_PRECONDITION", "volume-attached-elsewhere", `volume ${volume.id} is attached to ${host} ${how}; detach it there first`, {
    resource: volume.id,
    outcome: "none",
    details: { hostId: host, hostName: facts?.connector.hostName, mode: facts?.mode, attachmentId: attachment.id },
  });
}
