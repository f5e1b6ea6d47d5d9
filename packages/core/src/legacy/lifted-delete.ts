import type { CallContext } from "../driver/call-context.js";
import type { VolumeId } from "../model/ids.js";
import { callLegacy } from "./legacy-calls.js";
import { listAll, pause, type Lifted } from "./lifted-volumes.js";
import type { ReadVolume } from "./read-volume.js";

/**
 * Deletes a volume and waits until it is no longer listed. Nothing there is success, which a legacy driver does not know:
 * the list decides, before and after, and not what an error string sounds like.
 */
export async function deleteLifted(lifted: Lifted, id: VolumeId, ctx: CallContext<"deleteVolume">): Promise<void> {
  const find = async (): Promise<ReadVolume | undefined> => (await listAll(lifted, ctx)).find(({ volume }) => volume.id === id);
  const before = await find();
  if (before === undefined) return;
  if (before.attached || before.volume.state === "in-use") {
    const message = `volume ${id} is attached; detach it with the driver that attached it, then delete`;
    throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: id, outcome: "none" });
  }

  if (before.volume.state !== "deleting") {
    await ctx.step("delete");
    try {
      await callLegacy(ctx, "DeleteVolume", () => lifted.legacy.DeleteVolume(id), lifted.knownErrors);
    } catch (error) {
      const gone = await find().then(
        (found) => found === undefined,
        () => false,
      );
      if (gone) return;
      throw error;
    }
  }
  for (let now = await find(); now !== undefined; now = await find()) {
    if (now.volume.state === "error" && before.volume.state !== "error") {
      const message = `volume ${id} could not be deleted: ${now.volume.stateReason ?? "it is in error now"}`;
      throw ctx.fail("INTERNAL", "volume-in-error", message, { resource: id, recovery: "operator" });
    }
    await pause(lifted, ctx);
  }
}
