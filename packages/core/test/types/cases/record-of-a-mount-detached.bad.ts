import type { AttachmentRecord, MountRecord } from "@opensds/core";
import { driver } from "./support.js";

export function finish(record: MountRecord): Promise<void> {
  return driver.detachVolume(record); // TS2345
}
export type Finished = AttachmentRecord | MountRecord;
