import { isSecret, secretJsonSchema, type RbdAttachMethod, type RbdEncryptionFormat, type Secret, type StandardJsonSchemaOptions, type StandardSchema } from "@opensds/core";
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { encryptionFormats } from "./records/encryption.js";

/** How librbd encrypts the volumes that a backend makes. */
export interface CephEncryption {
  /** Default `luks2`. */
  readonly format: RbdEncryptionFormat;
  /** Path of the file with the passphrase, on this host and on those that attach; line ends at its end are no part of it. */
  readonly passphraseFile: string;
}

/** What stands under `ceph_driver` in the backends file, with the defaults filled in. */
export interface CephConfig {
  /** Path of the cluster's `ceph.conf`. Default: `CEPH_CONF` in the environment, else `/etc/ceph/ceph.conf`. */
  readonly conf: string;
  /**
   * The cluster's monitors, as `mon host` in a `ceph.conf` lists them: `10.0.0.1`, `10.0.0.1:6789`, `[v2:10.0.0.1:3300,v1:10.0.0.1:6789]`.
   * Instead of `conf`: with them no `ceph.conf` is read.
   */
  readonly monitors?: readonly string[] | undefined;
  /** The cephx user, without `client.`. Default `admin`, as Ceph's own tools. */
  readonly user: string;
  /** Path of the user's keyring. Default: what the `ceph.conf` says. */
  readonly keyring?: string | undefined;
  /** The user's key, instead of a keyring. Ceph's programs get it in a file without a name, which is gone with this process. */
  readonly key?: Secret | undefined;
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
  /** Encrypts every volume that is made here. Default: none. */
  readonly encryption?: CephEncryption | undefined;
  /**
   * How the cluster is reached: `native` is librados and librbd in a child process, `cli` Ceph's own commands, `auto` the native
   * one where it can be had on this machine and else the commands. Default `auto`. All of them share a pool.
   */
  readonly transport: "auto" | "native" | "cli";
  /** Path of the native child's entry, for bundles. Default: this package's own `native-child`. */
  readonly childEntry?: string | undefined;
  /** Path of the Node that runs the native child, where the dock is no plain Node. Default: the dock's. */
  readonly execPath?: string | undefined;
  /**
   * The most milliseconds that one of Ceph's commands, or one request to librados or librbd, may take within a call. Default 30 000. What
   * may wait for an image's lock, which is every `rbd` command that changes something and every removal, has 45 000 at least, and this for each of its own
   * requests: the cluster believes for 30 s (`osd_client_watch_timeout`) that a client that died holds the lock. Where that was raised, raise this to 15 s
   * above it.
   */
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
export type CephOptions = Pick<CephConfig, "pool"> &
  Partial<Omit<CephConfig, "encryption">> & {
    readonly encryption?: (Pick<CephEncryption, "passphraseFile"> & Partial<CephEncryption>) | undefined;
  };

const path = v.pipe(v.string(), v.minLength(1, "give a path"), v.check((value) => !value.includes("\0"), "a path has no NUL"));
/** What may stand in a Ceph command's `POOL/NAMESPACE/IMAGE`. */
const word = v.pipe(v.string(), v.regex(/^[^/@\s\p{Cc}]+$/u, "no blanks, control characters, `/` or `@`"));
const monitor = v.pipe(v.string(), v.regex(/^[\w.:[\],/-]+$/, "an address such as 10.0.0.1, 10.0.0.1:6789 or [v2:10.0.0.1:3300,v1:10.0.0.1:6789]"));
const key = v.pipe(
  v.custom<Secret>(isSecret, "give { env: NAME } or { file: PATH }"),
  v.check((value) => /^[A-Za-z0-9+/]{20,}={0,2}$/.test(value.reveal()), "no key of cephx; give what `ceph auth get-key` prints"),
  v.metadata(secretJsonSchema),
);
const milliseconds = v.pipe(v.number(), v.integer("whole milliseconds"), v.minValue(1, "above 0"), v.maxValue(3_600_000, "at most an hour"));

const methods = ["krbd", "rbd-nbd", "fuse-loop"] as const satisfies readonly RbdAttachMethod[];
const features = ["layering", "striping", "exclusive-lock", "object-map", "fast-diff", "deep-flatten", "journaling", "data-pool"] as const;

/** Features that librbd makes no image with unless others are there too. */
const featureNeeds: Readonly<Record<string, string>> = { "object-map": "exclusive-lock", "fast-diff": "object-map", journaling: "exclusive-lock" };
const lacking = (chosen: readonly string[]): readonly string[] =>
  chosen.flatMap((feature) => {
    const needed = featureNeeds[feature];
    return needed === undefined || chosen.includes(needed) ? [] : [`${feature} needs ${needed}`];
  });

/** Options that say the same in two ways. */
const alternatives = [
  ["conf", "monitors"],
  ["keyring", "key"],
] as const;

const defaultConf = (): string => process.env["CEPH_CONF"] ?? "/etc/ceph/ceph.conf";

const entries = {
  conf: v.optional(path, defaultConf),
  monitors: v.optional(v.pipe(v.array(monitor), v.minLength(1, "name at least one, or leave it out"))),
  user: v.optional(word, "admin"),
  keyring: v.optional(path),
  key: v.optional(key),
  pool: word,
  dataPool: v.optional(word),
  namespace: v.optional(v.union([v.literal(""), word]), ""),
  attach: v.optional(
    v.pipe(v.array(v.picklist(methods)), v.minLength(1, `name at least one of ${methods.join(", ")}`)),
    (): RbdAttachMethod[] => ["krbd", "rbd-nbd"],
  ),
  imageFeatures: v.optional(
    v.pipe(
      v.array(v.picklist(features)),
      v.minLength(1, "name at least one, or leave it out"),
      v.check((chosen) => lacking(chosen).length === 0, ({ input }) => lacking(input).join("; ")),
    ),
  ),
  objectSizeBytes: v.optional(
    v.pipe(
      v.number(),
      v.check((size) => Number.isInteger(Math.log2(size)) && size >= 4096 && size <= 2 ** 25, "a power of two, 4 KiB to 32 MiB"),
    ),
  ),
  encryption: v.optional(v.strictObject({ format: v.optional(v.picklist(encryptionFormats), "luks2"), passphraseFile: path })),
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
/** What no option says alone. */
const checked = v.pipe(
  schema,
  v.forward(
    v.check(
      ({ encryption, imageFeatures }) => encryption === undefined || imageFeatures?.includes("journaling") !== true,
      "librbd encrypts no image with journaling: leave that out, or `encryption`",
    ),
    ["imageFeatures"],
  ),
);

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
    validate: (value) => {
      const given = typeof value === "object" && value !== null ? Object.keys(value) : [];
      const twice = alternatives.filter((pair) => pair.every((name) => given.includes(name)));
      if (twice.length === 0) return checked["~standard"].validate(value);
      return { issues: twice.map(([one, other]) => ({ message: `give \`${one}\` or \`${other}\`, not both`, path: [other] })) };
    },
    jsonSchema: { input: jsonSchema("input"), output: jsonSchema("output") },
  },
};
