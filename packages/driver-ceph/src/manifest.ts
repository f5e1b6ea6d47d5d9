import { MiB, type BackendManifest } from "@opensds/core";
import type { CephConfig } from "./config.js";
import { expectedHeaderBytes } from "./records/encryption.js";

/** The most objects that RBD keeps an object map of. */
const objectMapObjects = 256_000_000;
/** librbd's own. */
export const defaultObjectSizeBytes = 4 * MiB;

/**
 * What this driver can do. RBD takes any number of bytes, but kernels make devices of whole sectors and file systems of
 * whole blocks: 1 MiB keeps a volume's size and its device's size equal.
 */
export function cephManifest(config: CephConfig): BackendManifest {
  const objectSizeBytes = config.objectSizeBytes ?? defaultObjectSizeBytes;
  const headerBytes = config.encryption === undefined ? 0 : expectedHeaderBytes(config.encryption.format, objectSizeBytes);
  const largest = Math.min(objectMapObjects * objectSizeBytes, Number.MAX_SAFE_INTEGER) - headerBytes;
  return {
    kind: "ceph",
    limits: {
      nameBytes: 128,
      granularityBytes: MiB,
      // A storage daemon is told of a larger image by its size with the header, and QEMU aborts where the volume was smaller than the header is.
      minVolumeBytes: Math.max(MiB, Math.ceil(headerBytes / MiB) * MiB),
      maxVolumeBytes: Math.floor(largest / MiB) * MiB,
    },
    nameUniqueness: "guaranteed",
    accessModes: ["single-writer", "single-reader", "multi-reader", "multi-writer"],
    protocols: ["rbd"],
    parameters: {},
  };
}
