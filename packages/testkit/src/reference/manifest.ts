import { MiB, TiB, type StorageBackend } from "@opensds/core";

/**
 * What the driver can do. The largest volume is the largest file that ext4 with its usual 4 KiB blocks takes, in whole
 * MiB; a file system that takes less says so at create (OUT_OF_RANGE).
 * @param devices whether volumes have files, which a host can make devices of
 */
export function referenceManifest(devices: boolean): StorageBackend["manifest"] {
  return {
    kind: "reference",
    limits: { nameBytes: 128, granularityBytes: MiB, minVolumeBytes: MiB, maxVolumeBytes: 16 * TiB - MiB },
    nameUniqueness: "guaranteed",
    accessModes: devices ? ["single-writer", "single-reader", "multi-reader", "multi-writer"] : [],
    protocols: devices ? ["file"] : [],
    parameters: {},
  };
}
