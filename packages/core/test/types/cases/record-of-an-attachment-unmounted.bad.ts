import type { AttachmentRecord, MountRecord } from "@opensds/core";
import { driver } from "./support.js";

export function finish(record: AttachmentRecord): Promise<void> {
  return driver.unmountVolume(record); // TS2345
}
export type Finished = AttachmentRecord | MountRecord;
