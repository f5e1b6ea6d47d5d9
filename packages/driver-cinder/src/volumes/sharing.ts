import { isSharedMode, type BackendConnectRequest } from "@opensds/core";
import { factsOf } from "../attachments/attachment-facts.js";
import type { Call } from "../call.js";
import type { CinderAttachment, CinderVolume } from "../transport/shapes.js";

/** Whether another host's attachment and this request may stand side by side. */
export function sharesWith({ mode }: BackendConnectRequest, volume: CinderVolume, attachment: CinderAttachment): boolean {
  return volume.multiattach && isSharedMode(mode) && factsOf(volume, attachment.id)?.mode === mode;
}

/** A backend whose new volumes may be shared can have older ones that may not. */
export function refuseSharing({ ctx }: Call<"connectVolume">, { mode }: BackendConnectRequest, { id, multiattach, volume_type: type }: CinderVolume): void {
  if (!isSharedMode(mode) || multiattach) return;
  const message = `volume ${id} is of type ${type ?? "none"}, which lets one host have it at a time; ask for a single mode, or have it retyped`;
  throw ctx.fail("UNIMPLEMENTED", "mode-unsupported", message, { resource: id, outcome: "none", details: { mode, volumeType: type } });
}
