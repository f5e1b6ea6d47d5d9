import { isAbsolute } from "node:path";
import type { StandardSchema } from "@opensds/core";
import * as v from "valibot";

/** Volumes as sparse files in a directory, which several processes may share. */
export interface FileReferenceConfig {
  /** Absolute path. The directory is made when it is missing; its parents are not. */
  readonly dir: string;
  readonly store?: undefined;
  /** A pool size for tests, in bytes: creates beyond it are RESOURCE_EXHAUSTED. Default: what the disk holds. */
  readonly capacityBytes?: number | undefined;
  /** Keeps deleted volumes until they are purged, and offers the facet `trash`. Default false. */
  readonly trash?: boolean | undefined;
}

/** Volumes in this process's memory: no bytes, no devices, for tests that need no disk. */
export interface MemoryReferenceConfig {
  readonly store: "memory";
  readonly dir?: undefined;
  /** Backends of the same name in one process share their volumes. Default `default`. */
  readonly name?: string | undefined;
  /** A pool size for tests, in bytes: creates beyond it are RESOURCE_EXHAUSTED. Default: no limit. */
  readonly capacityBytes?: number | undefined;
  /** Keeps deleted volumes until they are purged, and offers the facet `trash`. Default false. */
  readonly trash?: boolean | undefined;
}

/** What stands under `reference_driver` in the backends file. */
export type ReferenceConfig = FileReferenceConfig | MemoryReferenceConfig;

const capacityBytes = v.optional(
  v.pipe(v.number(), v.safeInteger("must be whole bytes, at most 2^53 - 1"), v.minValue(1, "must be at least 1 byte")),
);

const trash = v.optional(v.boolean("must be true or false"));

const schema = v.union(
  [
    v.strictObject({
      dir: v.pipe(v.string(), v.check(isAbsolute, "must be an absolute path")),
      capacityBytes,
      trash,
    }),
    v.strictObject({ store: v.literal("memory"), name: v.optional(v.string()), capacityBytes, trash }),
  ],
  "must be { dir: <absolute path>, capacityBytes?: <bytes>, trash?: <true or false> } or { store: memory, name?: <text>, capacityBytes?: <bytes>, trash?: <true or false> }",
);

/** Checks what stands under `reference_driver`. */
export const referenceConfig: StandardSchema<ReferenceConfig> = schema;
