import type { AttachmentRecord } from "../model/attachment.js";
import type { Volume } from "../model/volume.js";

/**
 * A volume as docks of v0.1 read it, with Cinder's field names. Go's decoder passes over fields that it does not know,
 * and refuses the whole reply for a field of another type: a size is whole, an attachment holds strings only.
 */
export interface LegacyVolume {
  readonly id: string;
  readonly name: string;
  /** As in `VolumeState`, which is how Cinder spells them. */
  readonly status: string;
  /** In the unit of the driver, rounded up; `null` (0 to Go) where nobody can say. */
  readonly size: number | null;
  readonly volume_type: string;
  readonly attachments: readonly Readonly<Record<string, string>>[];
  /** What the volume was made with. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at?: string;
  /** Not of v0.1: the size in bytes, which `size` rounds. */
  readonly size_bytes: number | null;
  /** Not of v0.1: why the status is what it is. */
  readonly status_reason?: string;
}

/** How to write a volume. */
export interface VolumeJsonOptions {
  readonly unitBytes: number;
  /** The create parameter that stands for the volume's type. */
  readonly typeParameter: string | undefined;
}

/** The volume in the form of v0.1. */
export function toLegacyVolume(volume: Volume, attachments: readonly AttachmentRecord[], options: VolumeJsonOptions): LegacyVolume {
  const { id, name, state, stateReason, createdAt, sizeBytes, parameters } = volume;
  const { unitBytes, typeParameter } = options;
  return {
    id,
    name,
    status: state,
    size: sizeBytes === null ? null : Math.ceil(sizeBytes / unitBytes),
    volume_type: (typeParameter === undefined ? undefined : parameters[typeParameter]) ?? "",
    attachments: attachments.filter(({ attachment }) => attachment.volumeId === id).map(toLegacyAttachment),
    metadata: parameters,
    ...(createdAt !== undefined && { created_at: createdAt }),
    size_bytes: sizeBytes,
    ...(stateReason !== undefined && { status_reason: stateReason }),
  };
}

/** Cinder's fields; `id` is the volume's there too, and `server_id` an instance's, which there is none of. */
function toLegacyAttachment({ attachment, device }: AttachmentRecord): Readonly<Record<string, string>> {
  return {
    id: attachment.volumeId,
    volume_id: attachment.volumeId,
    attachment_id: attachment.id,
    attached_at: attachment.attachedAt,
    host_name: attachment.connector.hostName,
    server_id: "",
    device: device?.path ?? "",
  };
}
