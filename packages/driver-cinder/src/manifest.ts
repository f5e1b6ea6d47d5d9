import { GiB, isReadOnlyMode, isSharedMode, type AccessMode, type BackendManifest } from "@opensds/core";
import type { Project } from "./project.js";
import { readOnlyAttachments } from "./transport/microversion.js";

/** What this driver can do. Cinder counts in whole GiB, and says of no largest size before it is asked for one. */
export function cinderManifest({ microversion, sharedByDefault }: Project): BackendManifest {
  return {
    kind: "cinder",
    limits: {
      nameBytes: 128,
      granularityBytes: GiB,
      minVolumeBytes: GiB,
      maxVolumeBytes: Math.floor(Number.MAX_SAFE_INTEGER / GiB) * GiB,
    },
    nameUniqueness: "guaranteed",
    accessModes: accessModes(microversion >= readOnlyAttachments, sharedByDefault),
    protocols: ["rbd", "iscsi", "nvme-tcp", "nfs"],
    parameters: {
      volumeType: "the volume type; default: the backend's `volumeType`, else the cloud's",
      availabilityZone: "the availability zone; default: the backend's `availabilityZone`, else the cloud's",
    },
  };
}

/** Sharing is a property of the volume's type, reading only one of the attachment's. */
const accessModes = (readOnly: boolean, shared: boolean): readonly AccessMode[] =>
  (["single-writer", "single-reader", "multi-reader", "multi-writer"] as const).filter((mode) => (readOnly || !isReadOnlyMode(mode)) && (shared || !isSharedMode(mode)));
