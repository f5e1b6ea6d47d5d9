import type { AttachmentRecord, MountRecord } from "@opensds/core";
import { driver } from "./support.js";

export function finish(record: AttachmentRecord): Promise<void> {
  return driver.detachVolume(record);
}
export type Finished = AttachmentRecord | MountRecord;
