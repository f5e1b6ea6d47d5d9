import * as v from "valibot";
import { HttpFailure } from "./failure.js";
import type { Answer } from "./http.js";

const metadata = v.record(v.string(), v.string());

/** A volume, as far as this driver reads it. */
export const volumeShape = v.object({
  id: v.string(),
  name: v.nullish(v.string()),
  status: v.string(),
  size: v.number(),
  created_at: v.string(),
  metadata,
  volume_type: v.nullish(v.string()),
  multiattach: v.optional(v.boolean(), false),
  encrypted: v.optional(v.boolean(), false),
  group_id: v.nullish(v.string()),
  snapshot_id: v.nullish(v.string()),
  source_volid: v.nullish(v.string()),
  availability_zone: v.nullish(v.string()),
});
export type CinderVolume = v.InferOutput<typeof volumeShape>;

export const snapshotShape = v.object({
  id: v.string(),
  name: v.nullish(v.string()),
  status: v.string(),
  size: v.number(),
  volume_id: v.string(),
  created_at: v.string(),
  metadata: v.optional(metadata, () => ({})),
  group_snapshot_id: v.nullish(v.string()),
});
export type CinderSnapshot = v.InferOutput<typeof snapshotShape>;

export const attachmentShape = v.object({
  id: v.string(),
  status: v.string(),
  volume_id: v.string(),
  instance: v.nullish(v.string()),
  attached_at: v.nullish(v.string()),
  connection_info: v.nullish(v.record(v.string(), v.unknown())),
});
export type CinderAttachment = v.InferOutput<typeof attachmentShape>;

/** Reads an answer; one that is not as it should be is a failure of the server's. */
export function decode<Shape extends v.GenericSchema>(request: string, answer: Answer, shape: Shape): v.InferOutput<Shape> {
  const parsed = v.safeParse(shape, answer.json);
  if (parsed.success) return parsed.output;
  const where = v.getDotPath(parsed.issues[0]) ?? "the whole";
  throw new HttpFailure({ request, status: answer.status, detail: `the answer is not as expected at ${where}: ${parsed.issues[0].message}`, sent: true });
}
