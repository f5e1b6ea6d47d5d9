import type { RbdAttachMethod, StandardJsonSchemaOptions, StandardSchema } from "@opensds/core";
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";

/** What stands under `ceph_driver` in the backends file, with the defaults filled in. */
export interface CephConfig {
  /** Path of the cluster's `ceph.conf`. Default: `CEPH_CONF` in the environment, else `/etc/ceph/ceph.conf`. */
  readonly conf: string;
  /** The cephx user, without `client.`. Default `admin`, as Ceph's own tools. */
  readonly user: string;
  /** Path of the user's keyring. Default: what the `ceph.conf` says. */
  readonly keyring?: string | undefined;
  /** The pool that holds the volumes. */
  readonly pool: string;
  /** The pool that the volumes' data goes to, such as an erasure-coded one; their names and headers stay in `pool`. Default: `pool`. */
  readonly dataPool?: string | undefined;
  /** The RADOS namespace in the pool. Default: the pool's own, unnamed one. */
  readonly namespace: string;
  /** The ways a host may make a device of an image, best first. Default `krbd`, then `rbd-nbd`. */
  readonly attach: readonly RbdAttachMethod[];
  /** Features of new images. Default: the cluster's `rbd_default_features`. */
  readonly imageFeatures?: readonly string[] | undefined;
  /** Object size of new images in bytes: a power of two, 4 KiB to 32 MiB. Default: the cluster's, which is 4 MiB. */
  readonly objectSizeBytes?: number | undefined;
  /**
   * How the cluster is reached: `native` is librados and librbd in a child process, `cli` Ceph's own commands, `auto` the native
   * one where it can be had on this machine and else the commands. Default `auto`. All of them share a pool.
   */
  readonly transport: "auto" | "native" | "cli";
  /** Path of the native child's entry, for bundles. Default: this package's own `native-child`. */
  readonly childEntry?: string | undefined;
  /** Path of the Node that runs the native child, where the dock is no plain Node. Default: the dock's. */
  readonly execPath?: string | undefined;
  /** The most milliseconds that one of Ceph's commands, or one request to librados or librbd, may take within a call. Default 30 000. */
  readonly commandTimeoutMs: number;
  /**
   * How many milliseconds another process's unfinished image is left alone before a create of the same name clears it
   * away. Default 3 000.
   */
  readonly unfinishedAfterMs: number;
  /** How many seconds a deleted volume stays in the trash and can be had back. Default 0: it is purged at once, and there is no trash. */
  readonly trashSeconds: number;
  /** The most snapshots of a volume. Default 450: kernels map no image with more than 510. */
  readonly maxSnapshots: number;
  /** From so many layers of clones on a new volume is made independent of its source. Default 8: kernels map no image with more than 16. */
  readonly flattenAtLayers: number;
}

/** What may be written under `ceph_driver`: the pool, and whatever is not to have its default. */
export type CephOptions = Pick<CephConfig, "pool"> & Partial<CephConfig>;

const path = v.pipe(v.string(), v.minLength(1, "give a path"), v.check((value) => !value.includes("\0"), "a path has no NUL"));
/** What may stand in a Ceph command's `POOL/NAMESPACE/IMAGE`. */
const word = v.pipe(v.string(), v.regex(/^[^/@\s\p{Cc}]+$/u, "no blanks, control characters, `/` or `@`"));
const milliseconds = v.pipe(v.number(), v.integer("whole milliseconds"), v.minValue(1, "above 0"), v.maxValue(3_600_000, "at most an hour"));

const methods = ["krbd", "rbd-nbd", "fuse-loop"] as const satisfies readonly RbdAttachMethod[];
const features = ["layering", "striping", "exclusive-lock", "object-map", "fast-diff", "deep-flatten", "journaling", "data-pool"] as const;

const defaultConf = (): string => process.env["CEPH_CONF"] ?? "/etc/ceph/ceph.conf";

const entries = {
  conf: v.optional(path, defaultConf),
  user: v.optional(word, "admin"),
  keyring: v.optional(path),
  pool: word,
  dataPool: v.optional(word),
  namespace: v.optional(v.union([v.literal(""), word]), ""),
  attach: v.optional(
    v.pipe(v.array(v.picklist(methods)), v.minLength(1, `name at least one of ${methods.join(", ")}`)),
    (): RbdAttachMethod[] => ["krbd", "rbd-nbd"],
  ),
  imageFeatures: v.optional(v.pipe(v.array(v.picklist(features)), v.minLength(1, "name at least one, or leave it out"))),
  objectSizeBytes: v.optional(
    v.pipe(
      v.number(),
      v.check((size) => Number.isInteger(Math.log2(size)) && size >= 4096 && size <= 2 ** 25, "a power of two, 4 KiB to 32 MiB"),
    ),
  ),
  transport: v.optional(v.picklist(["auto", "native", "cli"]), "auto"),
  childEntry: v.optional(path),
  execPath: v.optional(path),
  commandTimeoutMs: v.optional(milliseconds, 30_000),
  unfinishedAfterMs: v.optional(milliseconds, 3_000),
  trashSeconds: v.optional(v.pipe(v.number(), v.integer("whole seconds"), v.minValue(0, "0 or more"), v.maxValue(315_360_000, "at most ten years")), 0),
  maxSnapshots: v.optional(v.pipe(v.number(), v.integer("a whole number"), v.minValue(1, "at least 1"), v.maxValue(500, "at most 500")), 450),
  flattenAtLayers: v.optional(v.pipe(v.number(), v.integer("a whole number"), v.minValue(1, "at least 1"), v.maxValue(15, "at most 15")), 8),
};

const schema = v.strictObject(entries);

/** The JSON Schema side: for editors, and for naming the nearest known option. */
const jsonSchema = (typeMode: "input" | "output") => (options: StandardJsonSchemaOptions): Record<string, unknown> => ({
  ...toJsonSchema(schema, {
    typeMode,
    errorMode: "ignore",
    target: options.target === "draft-2020-12" ? "draft-2020-12" : "draft-07",
  }),
});

/** Checks what stands under `ceph_driver`. Unknown keys are refused. */
export const cephConfig: StandardSchema<CephConfig, CephOptions> = {
  "~standard": {
    version: 1,
    vendor: "opensds",
    validate: schema["~standard"].validate,
    jsonSchema: { input: jsonSchema("input"), output: jsonSchema("output") },
  },
};
