import type { VolumeId } from "@opensds/core";
import { driver } from "./support.js";

export function remove(id: string): Promise<void> {
  return driver.deleteVolume({ id }); // TS2322
}
export type Removed = VolumeId;
