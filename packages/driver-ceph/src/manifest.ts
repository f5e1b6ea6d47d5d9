import { MiB, type BackendManifest } from "@opensds/core";
import type { CephConfig } from "./config.js";

/** The most objects that RBD keeps an object map of. */
const objectMapObjects = 256_000_000;
const defaultObjectSizeBytes = 4 * MiB;

/**
 * What this driver can do. RBD takes any number of bytes, but kernels make devices of whole sectors and file systems of
 * whole blocks: 1 MiB keeps a volume's size and its device's size equal.
 */
export function cephManifest(config: CephConfig): BackendManifest {
  const objectSizeBytes = config.objectSizeBytes ?? defaultObjectSizeBytes;
  const largest = Math.min(objectMapObjects * objectSizeBytes, Number.MAX_SAFE_INTEGER);
  return {
    kind: "ceph",
    limits: {
      nameBytes: 128,
      granularityBytes: MiB,
      minVolumeBytes: MiB,
      maxVolumeBytes: Math.floor(largest / MiB) * MiB,
    },
    nameUniqueness: "guaranteed",
    accessModes: ["single-writer", "single-reader", "multi-reader", "multi-writer"],
    protocols: ["rbd"],
    parameters: {},
  };
}
