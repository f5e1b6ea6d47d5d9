import { GiB, type BackendManifest } from "@opensds/core";
import type { Project } from "./project.js";
import { readOnlyAttachments } from "./transport/microversion.js";

/** What this driver can do. Cinder counts in whole GiB, and says of no largest size before it is asked for one. */
export function cinderManifest({ microversion }: Project): BackendManifest {
  return {
    kind: "cinder",
    limits: {
      nameBytes: 128,
      granularityBytes: GiB,
      minVolumeBytes: GiB,
      maxVolumeBytes: Math.floor(Number.MAX_SAFE_INTEGER / GiB) * GiB,
    },
    nameUniqueness: "guaranteed",
    accessModes: microversion >= readOnlyAttachments ? ["single-writer", "single-reader"] : ["single-writer"],
    protocols: ["rbd", "iscsi", "nvme-tcp", "nfs"],
    parameters: {
      volumeType: "the volume type; default: the backend's `volumeType`, else the cloud's",
      availabilityZone: "the availability zone; default: the backend's `availabilityZone`, else the cloud's",
    },
  };
}
