import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { keys } from "../records/records.js";
import type { CinderVolume } from "../transport/shapes.js";

/** Takes away what makes a volume one of ours. The mark goes first: without it the rest means nothing. */
export async function disown({ volumes }: Project, call: Call, { id, metadata }: CinderVolume): Promise<void> {
  const ours = Object.keys(metadata).filter((key) => key.startsWith("opensds."));
  for (const key of ours.toSorted((a, b) => Number(b === keys.version) - Number(a === keys.version))) {
    await call.ctx.step("forget-volume");
    await volumes.removeMetadata(call, id, key);
  }
}
