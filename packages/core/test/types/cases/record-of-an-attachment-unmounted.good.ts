import type { AttachmentRecord, MountRecord } from "@opensds/core";
import { driver } from "./support.js";

export function finish(record: MountRecord): Promise<void> {
  return driver.unmountVolume(record);
}
export type Finished = AttachmentRecord | MountRecord;
