import type { CallContext } from "../driver/call-context.js";
import type { BackendCreateRequest } from "../driver/storage-backend.js";
import { formatBytes } from "../model/size.js";
import type { Volume } from "../model/volume.js";
import { callLegacy } from "./legacy-calls.js";
import { findByName, getById, listAll, pause, readOne, severalOfName, type Lifted } from "./lifted-volumes.js";
import type { ReadVolume } from "./read-volume.js";

/**
 * Makes a volume unless one of that name is there: the legacy driver would make a second one. Two processes that look at
 * the same moment both make one; each then sees two and says so (`name-not-unique`), and deletes neither, because
 * somebody may have been given it.
 */
export async function createLifted(lifted: Lifted, request: BackendCreateRequest, ctx: CallContext<"createVolume">): Promise<Volume> {
  const { name, sizeBytes, parameters } = request;
  const existing = await findByName(lifted, ctx, name);
  if (existing !== undefined) {
    const differences = differencesOf(existing, request, lifted);
    if (differences.length === 0) return (await settled(lifted, existing, "none", ctx)).volume;
    throw ctx.fail(
      "ALREADY_EXISTS",
      "volume-exists",
      `volume ${JSON.stringify(name)} is there already and differs from the request: ${differences.join("; ")}. Use another name, or delete it first`,
      { resource: name, outcome: "none", details: { volumeId: existing.volume.id, differences } },
    );
  }

  await ctx.step("create");
  const volType = (lifted.typeParameter === undefined ? undefined : parameters[lifted.typeParameter]) ?? "";
  const units = sizeBytes / lifted.unitBytes;
  const result = await callLegacy(ctx, "CreateVolume", () => lifted.legacy.CreateVolume(name, volType, units), lifted.knownErrors);
  const made = readOne(lifted, ctx, "CreateVolume", result);
  const wrong = differencesOf(made, request, lifted);
  if (made.volume.name !== name) wrong.push(`its name is ${JSON.stringify(made.volume.name)}`);
  if (wrong.length > 0) {
    throw ctx.fail("INTERNAL", "legacy-wrong-volume", `CreateVolume made something else than was asked for: ${wrong.join("; ")}`, {
      resource: name,
      outcome: "applied",
      details: { volumeId: made.volume.id, differences: wrong },
    });
  }
  const ofName = (await listAll(lifted, ctx)).filter(({ volume }) => volume.name === name);
  if (ofName.length > 1) throw severalOfName(ctx, name, ofName, "applied");
  return (await settled(lifted, made, "applied", ctx)).volume;
}

/** In what a volume is not what the request would have made. Its type counts only where the driver tells it. */
function differencesOf({ volume, volumeType }: ReadVolume, request: BackendCreateRequest, lifted: Lifted): string[] {
  const { requiredBytes, limitBytes } = request.capacity;
  const differences: string[] = [];
  if (volume.sizeBytes === null) differences.push("its size is not known");
  else if (volume.sizeBytes < requiredBytes) {
    differences.push(`it has ${formatBytes(volume.sizeBytes)} where at least ${formatBytes(requiredBytes)} are required`);
  } else if (limitBytes !== null && volume.sizeBytes > limitBytes) {
    differences.push(`it has ${formatBytes(volume.sizeBytes)} where at most ${formatBytes(limitBytes)} are allowed`);
  }
  const wanted = lifted.typeParameter === undefined ? undefined : request.parameters[lifted.typeParameter];
  if (wanted !== undefined && volumeType !== "" && volumeType !== wanted) {
    differences.push(`its type is ${JSON.stringify(volumeType)} and not ${JSON.stringify(wanted)}`);
  }
  return differences;
}

/** Waits until a volume is made: drivers answered `creating`, and docks bound volumes that ended in error. */
async function settled(
  lifted: Lifted,
  found: ReadVolume,
  outcome: "none" | "applied",
  ctx: CallContext<"createVolume">,
): Promise<ReadVolume> {
  let current = found;
  while (current.volume.state === "creating") {
    await pause(lifted, ctx);
    current = await getById(lifted, ctx, found.volume.id);
  }
  const { id, state, stateReason } = current.volume;
  if (state === "error") {
    const message = `volume ${id} is in error${stateReason === undefined ? "" : ` (${stateReason})`}; delete it and create again`;
    throw ctx.fail("INTERNAL", "volume-in-error", message, { resource: id, recovery: "operator", outcome });
  }
  if (state === "deleting") {
    const message = `volume ${id} of this name is being deleted; create again when it is gone`;
    throw ctx.fail("ABORTED", "operation-pending", message, { resource: id, outcome, details: { pendingOperation: "deleteVolume" } });
  }
  return current;
}
