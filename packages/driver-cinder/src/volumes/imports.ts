import { GiB, type AuthoredPageRequest, type BackendFacets, type Importable, type Page, type SouthboundError, type Volume, type VolumeId } from "@opensds/core";
import { factsOf } from "../attachments/attachment-facts.js";
import type { Bind } from "../bind.js";
import type { Call } from "../call.js";
import { fateOf, isLeaving, proposalOf, writtenFate } from "./fate.js";
import { isFreeSoon } from "./free-soon.js";
import { candidatesOf, describe, isUuid, ownVolume } from "./get-volume.js";
import { giveBack, recordImport } from "./import-record.js";
import { idsIn, tokenAfter } from "./list-token.js";
import type { Project } from "../project.js";
import { keys, layoutVersion, requestOf } from "../records/records.js";
import { rowsAfter } from "./rows-after.js";
import { finishProposals, settleFate } from "./settle-fate.js";
import type { CinderAttachment, CinderVolume } from "../transport/shapes.js";

type ListRequest = AuthoredPageRequest<{ readonly pageSize?: number | undefined; readonly startToken?: string | undefined }>;

/** Volumes of other tools. */
export function importFacet(bind: Bind): BackendFacets["imports"] {
  return { listImportablePage: bind(listImportablePage), importVolume: bind(importVolume), unmanageVolume: bind(unmanageVolume) };
}

/** One page of the project's volumes that other tools made. */
async function listImportablePage(project: Project, request: ListRequest, call: Call<"listImportable">): Promise<Page<Importable>> {
  const after = request.token === undefined ? [] : idsIn(request.token);
  if (after === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  const rows = await rowsAfter((query) => project.volumes.page(call, query), after, request.pageSize);
  const items = rows.filter(isNotOurs).map((volume): Importable => {
    const obstacle = obstacleOf(volume);
    return { reference: volume.id, sizeBytes: volume.size * GiB, ...(obstacle !== undefined && { obstacle }) };
  });
  return rows.length < request.pageSize ? { items } : { items, nextToken: tokenAfter(rows.map(({ id }) => id)) };
}

function obstacleOf({ status, multiattach }: CinderVolume): string | undefined {
  if (multiattach) return "its type lets several hosts attach it at once";
  return status === "available" ? undefined : `Cinder has it in state ${status}`;
}

/**
 * Takes over a volume that another tool made: writes down that it is ours, and has it kept as the one of its name, as a create has its own
 * candidate. Where the name is another's, it is given back as it was.
 */
async function importVolume(
  project: Project,
  request: { readonly reference: string; readonly name: string },
  call: Call<"importVolume">,
): Promise<Volume> {
  const { reference, name } = request;
  const { volumes } = project;
  const volume = isUuid(reference) ? await volumes.get(call, reference) : undefined;
  if (volume === undefined || isLeaving(volume)) throw notThere(project, call, reference);
  const recorded = requestOf(volume);
  const isNamed = (now: CinderVolume): boolean => requestOf(now)?.name === name;
  const other = (await candidatesOf(project, call, name)).find((one) => one.id !== reference && fateOf(one) === "kept" && !isLeaving(one));
  if (other !== undefined || (recorded !== undefined && recorded.name !== name)) throw taken(call, name, other?.id ?? reference);
  if (recorded !== undefined && fateOf(volume) === "kept") return describe(project, call, volume);
  // What is ours already is perhaps only decided about, by the same import in another process or by one that was killed.
  if (recorded === undefined || !(await isFreeSoon(project, call, volume))) refuseObstacle(call, volume);
  if (recorded === undefined) {
    const found = await recordImport(project, call, reference, name, (now) => refuseObstacle(call, now));
    if (found === undefined) throw notThere(project, call, reference);
    if ((requestOf(found)?.name ?? name) !== name) throw taken(call, name, reference);
  }
  for (const rival of await candidatesOf(project, call, name)) {
    if (rival.id === reference || fateOf(rival) === "dropped" || isLeaving(rival)) continue;
    if ((await settleFate(project, call, rival, "dropped")) === "kept") {
      await giveBack(project, call, reference, isNamed);
      throw taken(call, name, rival.id);
    }
  }
  const now = await volumes.get(call, reference);
  const settled = now && (await settleFate(project, call, now, "kept"));
  const kept = settled === "kept" ? await ownVolume(project, call, reference) : undefined;
  if (kept !== undefined) return describe(project, call, kept);
  // Somebody who wanted the name too has had it dropped, perhaps by an import that gives its own volume back now.
  if (settled === "dropped") await giveBack(project, call, reference, (then) => isNamed(then) && writtenFate(then) === "dropped");
  throw taken(call, name, reference);
}

function refuseObstacle({ ctx }: Call<"importVolume">, volume: CinderVolume): void {
  const { id, status } = volume;
  const info = { resource: id, outcome: "none", details: { obstacle: obstacleOf(volume), status } } as const;
  if (["in-use", "attaching", "reserved", "detaching"].includes(status)) {
    throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", `volume ${id} is in use (Cinder: ${status}); detach it first`, info);
  }
  const obstacle = obstacleOf(volume);
  if (obstacle !== undefined) throw ctx.fail("FAILED_PRECONDITION", "not-importable", `volume ${id} cannot be taken over: ${obstacle}`, info);
}

/** Lets go of a volume: it stays in Cinder, for other tools. */
async function unmanageVolume(project: Project, { id }: { readonly id: VolumeId }, call: Call<"unmanageVolume">): Promise<void> {
  const { volumes } = project;
  const volume = await ownVolume(project, call, id);
  if (volume === undefined) {
    await finishDisowning(project, call, id);
    return;
  }
  const attachments = await volumes.attachments(call, id);
  if (attachments.some(isHosts)) throw inUse(call, id);
  // Only decided about, or decided about a moment ago.
  if (attachments.length > 0) await finishProposals(project, call, id);
  await call.ctx.step("forget-volume");
  await volumes.removeMetadata(call, id, keys.version);
  // A connect reserves first, and looks then whether the volume is ours: if that was before this, its reservation is seen now.
  if ((await volumes.attachments(call, id)).some(isHosts)) throw await takenBack(project, call, id);
  await giveBack(project, call, id, isNotOurs);
}

const isNotOurs = ({ metadata }: CinderVolume): boolean => metadata[keys.version] === undefined;

const isHosts = (attachment: CinderAttachment): boolean => proposalOf(attachment) === undefined;

/** A process that was killed while letting go left some of what means nothing any more, unless a host got the volume at the same time. */
async function finishDisowning(project: Project, call: Call<"unmanageVolume">, id: VolumeId): Promise<void> {
  const left = isUuid(id) ? await project.volumes.get(call, id) : undefined;
  if (left === undefined || !isNotOurs(left)) return;
  const attachments = await project.volumes.attachments(call, id);
  if (attachments.some((attachment) => factsOf(left, attachment.id) !== undefined)) throw await takenBack(project, call, id);
  await giveBack(project, call, id, isNotOurs);
}

/** A host has the volume: it is ours, as it was. */
async function takenBack({ volumes }: Project, call: Call<"unmanageVolume">, id: VolumeId): Promise<SouthboundError> {
  await call.ctx.step("keep-volume");
  await volumes.addMetadata(call, id, { [keys.version]: String(layoutVersion) });
  return inUse(call, id);
}

const inUse = ({ ctx }: Call<"unmanageVolume">, id: VolumeId): SouthboundError =>
  ctx.fail("FAILED_PRECONDITION", "volume-in-use", `volume ${id} is attached; detach it first`, { resource: id, outcome: "none" });

function notThere(project: Project, { ctx }: Call<"importVolume">, reference: string): SouthboundError {
  return ctx.fail("NOT_FOUND", "reference-not-found", `project ${project.name} has no volume ${JSON.stringify(reference)}`, { resource: reference, outcome: "none" });
}

function taken({ ctx }: Call<"importVolume">, name: string, id: string): SouthboundError {
  return ctx.fail("ALREADY_EXISTS", "volume-exists", `the name ${JSON.stringify(name)} is another volume's, or the volume has another name; take another name`, {
    resource: name,
    outcome: "none",
    details: { volumeId: id },
  });
}
