import type { VolumeId } from "@opensds/core";
import { driver } from "./support.js";

export function remove(id: VolumeId): Promise<void> {
  return driver.deleteVolume({ id });
}
export type Removed = VolumeId;
