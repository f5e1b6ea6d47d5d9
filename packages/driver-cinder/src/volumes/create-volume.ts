import { randomUUID } from "node:crypto";
import { GiB, type BackendCreateRequest, type SouthboundError, type Volume } from "@opensds/core";
import type { Call } from "../call.js";
import { claimAlone, type OwnCandidate } from "./claim.js";
import { fateOf, isClaimed, isContested, isGivenUp, isLeaving, writtenFate } from "./fate.js";
import { candidatesOf, describe, timeOf } from "./get-volume.js";
import { giveUpLost, giveUpRefused } from "./lost-orders.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { displayName, keys, requestMetadata, requestOf, type RequestRecord } from "../records/records.js";
import { requireSource } from "./sources.js";
import { removeFailed, removeLoser } from "./remove-loser.js";
import { contest, settleFate } from "./settle-fate.js";
import { stateOf } from "./states.js";
import { failedWith, type HttpFailure } from "../transport/failure.js";
import type { CinderVolume } from "../transport/shapes.js";

/**
 * Makes a volume, or returns the one of that name. Cinder takes any number of volumes of one name, so every create first looks, then
 * makes a candidate, then claims it where nobody else is making one; otherwise it has all candidates but one dropped and that one kept. No
 * decision is ever undone. See `fate.ts`.
 */
export async function createVolume(project: Project, request: BackendCreateRequest, call: Call): Promise<Volume> {
  const progress: Progress = { own: undefined, watched: undefined, sourceBusySinceMs: undefined };
  const pacer = createPacer();
  for (;;) {
    call.ctx.signal.throwIfAborted();
    const candidates = await candidatesOf(project, call, request.name);
    const failed = candidates.find((volume) => volume.id === progress.own?.id && stateOf(volume.status) === "error" && writtenFate(volume) === undefined);
    const before = candidates.find((volume) => volume !== failed && fateOf(volume) === "kept");
    if (before === undefined && failed !== undefined) {
      const refused = await gaveUp(project, call, request, failed);
      if (refused !== undefined) throw refused;
      continue;
    }
    // A kept volume that is leaving: its name is free when it is gone.
    const next = before ?? (await advance(project, call, request, candidates, progress));
    if (next === "again") continue;
    if (next !== undefined && !isLeaving(next)) {
      // One in error is given to nobody, and its maker may be about to remove it.
      if (next.id !== progress.own?.id && writtenFate(next) === undefined && stateOf(next.status) !== "error") {
        await writeDown(project, call, next);
        continue;
      }
      await removeLosers(project, call, candidates, next.id, progress.own?.id);
      const answer = await answerReplay(project, call, request, next);
      if (answer !== undefined) return answer;
    }
    await pacer.next(call);
  }
}

/** What one create knows of its own doings. */
interface Progress {
  /** The candidate that it made. */
  own: OwnCandidate | undefined;
  /** Another's candidate that could be kept, and since when it waits for its maker to see to that. */
  watched: { readonly id: string; readonly sinceMs: number } | undefined;
  /** Since when Cinder does not copy the source. */
  sourceBusySinceMs: number | undefined;
}

/** How long a candidate that is ready is left to its maker: when all saw to one at once, they would only be in each other's way. */
const makersMs = 1_500;
/** How long a source may be neither free nor attached, which Cinder does not copy: a killed call's stays so. */
const busyMs = 10_000;
const isBusySource = ({ detail }: HttpFailure): boolean => /source volume status must be/iu.test(detail);
/** A candidate this old, beside a kept one, has no maker any more. */
const abandonedMs = 30_000;

/**
 * What its maker claimed is written down as kept before anybody else gives it to a caller, and is given only by what is seen after that: a
 * maker that finds its candidate in error, and nothing written, knows that nobody has it.
 */
async function writeDown({ volumes }: Project, call: Call, { id }: CinderVolume): Promise<void> {
  await call.ctx.step("record-fate");
  await volumes.addMetadata(call, id, { [keys.fate]: "kept" });
}

/** One step towards a kept volume; the volume, once it is decided, or that there is something to be looked at without a pause. */
async function advance(
  project: Project,
  call: Call,
  request: BackendCreateRequest,
  candidates: readonly CinderVolume[],
  progress: Progress,
): Promise<CinderVolume | "again" | undefined> {
  const open = candidates.filter((volume) => fateOf(volume) === undefined);
  // Should Cinder not delete it after all, its maker is not to take it for its own.
  if (await contestAll(project, call, open.filter(isLeaving))) return "again";
  const broken = open.filter(({ status }) => stateOf(status) === "error");
  for (const volume of broken) await removeLoser(project, call, volume.id);

  // Given up as lost and not made since: nobody will keep it any more.
  const living = open.filter((volume) => !isLeaving(volume) && !broken.includes(volume) && !isGivenUp(volume));
  for (const volume of living) await giveUpLost(project, call, volume);
  // It will be kept as soon as it is made.
  if (living.some((volume) => isClaimed(volume) && !isContested(volume))) return undefined;
  const target = living.find((volume) => satisfies(request, volume));
  if (target === undefined) {
    const made = await makeCandidate(project, call, request, progress);
    if (made === undefined) return undefined;
    progress.own = made;
    const pacer = project.paces(`create ${request.parameters["volumeType"] ?? ""}`);
    const claimed = await claimAlone(project, call, request.name, made, pacer);
    if (claimed !== undefined) pacer.done();
    return claimed ?? "again";
  }
  if (living.length > 1 && (await contestAll(project, call, living))) return "again";
  // Undecided ones can only be decided about when Cinder has made them.
  if (living.some(({ status }) => stateOf(status) === "creating")) return undefined;
  if (target.id !== progress.own?.id && isMakers(progress, target.id)) return undefined;
  for (const other of living) {
    if (other.id === target.id) continue;
    if ((await settleFate(project, call, other, "dropped")) === "kept") return "again";
  }
  await settleFate(project, call, target, "kept");
  // Whatever came of it, it may have come to be in error since it was seen.
  return "again";
}

/** False: all were. */
async function contestAll(project: Project, call: Call, candidates: readonly CinderVolume[]): Promise<boolean> {
  const open = candidates.filter((volume) => !isContested(volume));
  for (const { id } of open) await contest(project, call, id);
  return open.length > 0;
}

/** Whether its maker still has time to see to it. */
function isMakers(progress: Progress, id: string): boolean {
  if (progress.watched?.id !== id) progress.watched = { id, sinceMs: performance.now() };
  return performance.now() - progress.watched.sinceMs < makersMs;
}

/** Undefined: Cinder does not copy the source for the moment. */
async function makeCandidate(project: Project, call: Call, request: BackendCreateRequest, progress: Progress): Promise<OwnCandidate | undefined> {
  const { config, volumes } = project;
  const maker = randomUUID();
  const { name, capacity, parameters, sizeBytes, source } = request;
  const record: RequestRecord = { name, capacity, parameters, sizeBytes, ...(source !== undefined && { source }) };
  if (source !== undefined) await requireSource(project, call, source, sizeBytes);
  await call.ctx.step("create-candidate");
  try {
    const { id } = await volumes.create(call, {
      size: sizeBytes / GiB,
      name: displayName(name),
      metadata: requestMetadata(record, maker),
      volume_type: parameters["volumeType"] ?? config.volumeType,
      availability_zone: parameters["availabilityZone"] ?? config.availabilityZone,
      ...(source?.kind === "snapshot" && { snapshot_id: source.snapshotId }),
      ...(source?.kind === "volume" && { source_volid: source.volumeId }),
    });
    return { id, maker };
  } catch (thrown) {
    if (source !== undefined && failedWith(thrown, 400, 404)) {
      await giveUpRefused(project, call, name, maker);
      // A source that went away meanwhile is the reason, whatever Cinder says.
      await requireSource(project, call, source, sizeBytes);
      progress.sourceBusySinceMs ??= performance.now();
      if (isBusySource(thrown) && performance.now() - progress.sourceBusySinceMs < busyMs) return undefined;
    }
    throw refusedCreate(call, request, thrown);
  }
}

/** What Cinder's refusals of a new volume mean. */
function refusedCreate({ ctx }: Call, { parameters, source }: BackendCreateRequest, thrown: unknown): unknown {
  if (!failedWith(thrown, 400, 404)) return thrown;
  const info = { outcome: "none", details: { detail: thrown.detail, requestId: thrown.requestId }, cause: thrown } as const;
  if (/volume type/iu.test(thrown.detail)) {
    return ctx.fail("INVALID_ARGUMENT", "bad-parameter", `there is no volume type ${parameters["volumeType"] ?? "by default"}: ${thrown.message}`, info);
  }
  if (/availability zone/iu.test(thrown.detail)) {
    return ctx.fail("INVALID_ARGUMENT", "bad-parameter", `there is no such availability zone: ${thrown.message}`, info);
  }
  if (source?.kind === "snapshot" && thrown.status === 404) return ctx.fail("NOT_FOUND", "snapshot-not-found", `there is no snapshot ${source.snapshotId}: ${thrown.message}`, info);
  if (isBusySource(thrown)) return ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `Cinder does not copy the source now, which a host is perhaps getting or giving back: ${thrown.message}`, info);
  if (source?.kind === "volume" && thrown.status === 404) return ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${source.volumeId}: ${thrown.message}`, info);
  return thrown;
}

/** The candidate that we made came to be in error: it says why, and goes. Undefined: it stays, because somebody else has it kept. */
async function gaveUp(project: Project, call: Call, request: BackendCreateRequest, volume: CinderVolume): Promise<SouthboundError | undefined> {
  const [why] = await project.volumes.messages(call, volume.id);
  if (!(await removeFailed(project, call, volume.id))) return undefined;
  // A source that went away meanwhile is the reason, whatever Cinder says.
  if (request.source !== undefined) await requireSource(project, call, request.source, request.sizeBytes);
  const message = `Cinder could not make volume ${JSON.stringify(request.name)}: ${why ?? `it says no more than ${volume.status}`}; ask the cloud's operator, or for another size or type`;
  return call.ctx.fail("INTERNAL", "volume-in-error", message, {
    resource: request.name,
    outcome: "none",
    details: { volumeId: volume.id, status: volume.status, reason: why },
  });
}

/** Candidates beside the kept one are dropped and removed: our own, and those whose maker is surely gone. */
async function removeLosers(
  project: Project,
  call: Call,
  candidates: readonly CinderVolume[],
  kept: string,
  own: string | undefined,
): Promise<void> {
  for (const volume of candidates) {
    if (volume.id === kept || isLeaving(volume)) continue;
    const abandoned = fateOf(volume) === "dropped" || Date.now() - Date.parse(timeOf(volume.created_at)) > abandonedMs;
    if (volume.id === own || (abandoned && stateOf(volume.status) !== "creating")) await removeLoser(project, call, volume.id);
  }
}

/** The same request again gets the same volume; another request for the name is refused. Undefined: not yet ready. */
async function answerReplay(
  project: Project,
  call: Call,
  request: BackendCreateRequest,
  kept: CinderVolume,
): Promise<Volume | undefined> {
  const { ctx } = call;
  const volume = await describe(project, call, kept);
  const difference = differenceOf(request, kept);
  if (difference !== undefined) {
    throw ctx.fail("ALREADY_EXISTS", "volume-exists", `volume ${JSON.stringify(request.name)} exists and ${difference}; take another name`, {
      resource: volume.id,
      outcome: "none",
      details: { volumeId: volume.id, sizeBytes: volume.sizeBytes },
    });
  }
  if (volume.state === "error") {
    const message = `volume ${JSON.stringify(request.name)} is in error: ${volume.stateReason ?? ""}; delete it, or let the cloud's operator mend it`;
    throw ctx.fail("INTERNAL", "volume-in-error", message, { resource: volume.id, outcome: "applied", details: { volumeId: volume.id, status: kept.status } });
  }
  return volume.state === "available" || volume.state === "in-use" ? volume : undefined;
}

const satisfies = (request: BackendCreateRequest, volume: CinderVolume): boolean => differenceOf(request, volume) === undefined;

function differenceOf({ capacity, parameters, source }: BackendCreateRequest, volume: CinderVolume): string | undefined {
  const recorded = requestOf(volume);
  if (recorded === undefined) return "was made by another tool";
  const sizeBytes = volume.size * GiB;
  if (capacity.requiredBytes > sizeBytes) return `has ${sizeBytes} bytes, less than the ${capacity.requiredBytes} asked for`;
  if (capacity.limitBytes !== null && recorded.sizeBytes > capacity.limitBytes) {
    return `was made with ${recorded.sizeBytes} bytes, more than the ${capacity.limitBytes} allowed`;
  }
  if (JSON.stringify(source ?? null) !== JSON.stringify(recorded.source ?? null)) return "was made from another source";
  const names = new Set([...Object.keys(parameters), ...Object.keys(recorded.parameters)]);
  const other = [...names].find((name) => parameters[name] !== recorded.parameters[name]);
  return other === undefined ? undefined : `was asked for with another ${other}`;
}
