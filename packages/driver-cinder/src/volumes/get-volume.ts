import { GiB, volumeId, type GetVolumeRequest, type Volume } from "@opensds/core";
import type { Call } from "../call.js";
import { fateOf, isGivenUp, isLeaving, looksKept, proposalOf, writtenFate } from "./fate.js";
import type { Project } from "../project.js";
import { isInner, keys, metadataFilter, nameKey, requestOf } from "../records/records.js";
import { stateOf } from "./states.js";
import type { CinderVolume } from "../transport/shapes.js";

/** Reads one volume, by id or by its creator's name. */
export async function getVolume(project: Project, request: GetVolumeRequest, call: Call<"getVolume">): Promise<Volume> {
  const found = request.id === undefined ? await volumeNamed(project, call, request.name) : await ownVolume(project, call, request.id);
  if (found !== undefined) return describe(project, call, found);
  const resource = request.id ?? request.name;
  const which = request.id === undefined ? `named ${JSON.stringify(request.name)}` : `with the id ${request.id}`;
  throw call.ctx.fail("NOT_FOUND", "volume-not-found", `project ${project.name} has no volume ${which}`, { resource, outcome: "none" });
}

/** Whether a text can be an id of Cinder's: nothing else becomes part of an address. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u.test(text);

/** A volume of ours by its id; undefined for what is not there, another tool's, or dropped by a create. */
export async function ownVolume({ volumes }: Project, call: Call, id: string): Promise<CinderVolume | undefined> {
  if (!isUuid(id)) return undefined;
  const volume = await volumes.get(call, id);
  const request = volume && requestOf(volume);
  return request !== undefined && !isInner(request) && writtenFate(volume ?? { metadata: {} }) !== "dropped" ? volume : undefined;
}

/** Every volume that creates of this name have made, the eldest first: to be kept, dropped, or not decided yet. */
export async function candidatesOf({ volumes }: Project, call: Call, name: string): Promise<readonly CinderVolume[]> {
  const page = await volumes.page(call, { metadata: metadataFilter({ [keys.name]: nameKey(name) }) });
  return (page ?? []).filter((volume) => requestOf(volume)?.name === name).toSorted(byAge);
}

const byAge = (a: CinderVolume, b: CinderVolume): number => {
  if (a.created_at !== b.created_at) return a.created_at < b.created_at ? -1 : 1;
  return a.id < b.id ? -1 : 1;
};

/** The volume of a name: the one that is kept, else one that is being made. */
async function volumeNamed(project: Project, call: Call, name: string): Promise<CinderVolume | undefined> {
  return headOf(await candidatesOf(project, call, name));
}

/** Which of the volumes of one name is shown. */
export function headOf(candidates: readonly CinderVolume[]): CinderVolume | undefined {
  const living = candidates.filter((volume) => fateOf(volume) !== "dropped" && !isGivenUp(volume) && (fateOf(volume) === "kept" || !isLeaving(volume)));
  return living.find((volume) => fateOf(volume) === "kept" && !isLeaving(volume)) ?? living.find((volume) => fateOf(volume) === "kept") ?? living[0];
}

/** The volume as callers see it. */
export async function describe(project: Project, call: Call, volume: CinderVolume): Promise<Volume> {
  const request = requestOf(volume);
  const { state, reason } = await stateAndReason(project, call, volume);
  return {
    id: volumeId(volume.id),
    name: request?.name ?? volume.name ?? "",
    sizeBytes: volume.size * GiB,
    state,
    ...(reason !== undefined && { stateReason: reason }),
    createdAt: timeOf(volume.created_at),
    parameters: request?.parameters ?? {},
    ...(request?.source !== undefined && { source: request.source }),
  };
}

/** Cinder's times have no zone and mean UTC. */
export const timeOf = (text: string): string => new Date(/Z$|[+-]\d\d:\d\d$/u.test(text) ? text : `${text}Z`).toISOString();

async function stateAndReason(
  { volumes }: Project,
  call: Call,
  volume: CinderVolume,
): Promise<{ readonly state: Volume["state"]; readonly reason?: string | undefined }> {
  const state = stateOf(volume.status);
  if (state === "error") {
    const [why] = await volumes.messages(call, volume.id);
    return { state, reason: `Cinder: ${volume.status}${why === undefined ? "" : ` (${why})`}` };
  }
  if (volume.status === "reserved") {
    const attachments = await volumes.attachments(call, volume.id);
    // Only decided about, or decided about a moment ago.
    if (attachments.every((attachment) => proposalOf(attachment) !== undefined)) return { state: looksKept(volume) ? "available" : "creating" };
  }
  if (state === "available" && !looksKept(volume)) return { state: "creating", reason: "its create has not ended" };
  return state === "unknown" ? { state, reason: `Cinder: ${volume.status}` } : { state };
}
