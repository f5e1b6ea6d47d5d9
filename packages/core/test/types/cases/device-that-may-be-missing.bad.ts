import type { AttachmentRecord } from "@opensds/core";

export const pathOf = (record: AttachmentRecord): string | undefined => record.device.path; // TS18047
