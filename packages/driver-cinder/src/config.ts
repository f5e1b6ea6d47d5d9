import type { QosLimits, RbdAttachMethod, StandardJsonSchemaOptions, StandardSchema } from "@opensds/core";
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { authOptions, type AuthOptions } from "./auth/auth-options.js";

/** How a host reaches one Ceph cluster that Cinder's volumes are in: Cinder itself hands out no key. */
export interface CephAccess {
  /** The cluster's id; default: this entry is for every cluster. */
  readonly fsid?: string | undefined;
  /** The cephx user without `client.`; default: the one that Cinder names. */
  readonly user?: string | undefined;
  /** Path of the cluster's `ceph.conf` on the host; default: one is rendered from what Cinder says. */
  readonly conf?: string | undefined;
  /** Path of a keyring with the user's key on the host. */
  readonly keyring: string;
}

/** What stands under `cinder_driver` in the backends file, with the defaults filled in. */
export interface CinderConfig {
  /** The cloud's name in a clouds.yaml. Default: `OS_CLOUD` in the environment, else the other `OS_*` variables. */
  readonly cloud?: string | undefined;
  /** Path of the clouds.yaml; a secure.yaml is looked for beside it. Default: `OS_CLIENT_CONFIG_FILE`, else the usual search path. */
  readonly cloudsFile?: string | undefined;
  /** How to sign in, instead of a clouds.yaml. */
  readonly auth?: AuthOptions | undefined;
  /**
   * A user with the role `service`, whose token goes along with every request: clouds that keep attachments of servers from their users want
   * it (CVE-2023-2088). Default: none, which is enough for attachments that this driver makes.
   */
  readonly serviceAuth?: AuthOptions | undefined;
  /** The region, where the catalogue has several. Default: the cloud's. */
  readonly region?: string | undefined;
  /** Which of Cinder's addresses in the catalogue. Default: the cloud's, else `public`. */
  readonly interface?: "public" | "internal" | "admin" | undefined;
  /** Path of the certificates (PEM) by which the cloud's servers are known. Default: the cloud's `cacert`, else Node's own list. */
  readonly caFile?: string | undefined;
  /** The highest microversion of Cinder's API to use, such as `3.59`. Default: the highest that both sides know. */
  readonly maxMicroversion?: string | undefined;
  /** The type of new volumes that ask for none. Default: the cloud's default type. */
  readonly volumeType?: string | undefined;
  /** The availability zone of new volumes. Default: the cloud's. */
  readonly availabilityZone?: string | undefined;
  /** Volume types and the limits that they have, as the cloud's operator made them. Default: none, and then this backend limits nothing. */
  readonly qosTypes: Readonly<Record<string, QosLimits>>;
  /** The group type of new groups. Default: none, and then this backend has no groups. */
  readonly groupType?: string | undefined;
  /**
   * Whether this cloud's backend cuts the snapshots of a group at one moment, also while its volumes are written to. Cinder does not tell.
   * Default false: then a group is cut only while none of its volumes is attached, and none can be attached until that is done.
   */
  readonly consistentGroups: boolean;
  /** How hosts reach the Ceph clusters that volumes are in. Default: none; then volumes in Ceph cannot be connected. */
  readonly ceph: readonly CephAccess[];
  /** The ways a host may make a device of an RBD image, best first. Default `krbd`, then `rbd-nbd`. */
  readonly attach: readonly RbdAttachMethod[];
  /** After how many milliseconds of creating a volume another one is made in its place: Cinder loses orders when its message broker dies. Default 600 000. */
  readonly lostAfterMs: number;
  /** The most milliseconds that one request may take within a call. Default 60 000. */
  readonly requestTimeoutMs: number;
}

/** What may be written under `cinder_driver`: nothing is required where the environment names a cloud. */
export type CinderOptions = Partial<CinderConfig>;

const path = v.pipe(v.string(), v.minLength(1, "give a path"), v.check((value) => !value.includes("\0"), "a path has no NUL"));
const text = v.pipe(v.string(), v.minLength(1));
const methods = ["krbd", "rbd-nbd", "fuse-loop"] as const satisfies readonly RbdAttachMethod[];

const cephAccess = v.strictObject({ fsid: v.optional(text), user: v.optional(text), conf: v.optional(path), keyring: path });

const limit = v.optional(v.pipe(v.number(), v.integer("a whole number"), v.minValue(1, "above 0")));
const qosLimits = v.strictObject({
  iops: limit,
  readIops: limit,
  writeIops: limit,
  bytesPerSecond: limit,
  readBytesPerSecond: limit,
  writeBytesPerSecond: limit,
});

const entries = {
  cloud: v.optional(text),
  cloudsFile: v.optional(path),
  auth: v.optional(authOptions),
  serviceAuth: v.optional(authOptions),
  region: v.optional(text),
  interface: v.optional(v.picklist(["public", "internal", "admin"])),
  caFile: v.optional(path),
  maxMicroversion: v.optional(v.pipe(v.string(), v.regex(/^3\.\d{1,3}$/u, "a microversion of version 3, such as 3.59"))),
  volumeType: v.optional(text),
  availabilityZone: v.optional(text),
  qosTypes: v.optional(v.record(text, qosLimits), () => ({})),
  groupType: v.optional(text),
  consistentGroups: v.optional(v.boolean("true or false"), false),
  ceph: v.optional(v.array(cephAccess), () => []),
  attach: v.optional(
    v.pipe(v.array(v.picklist(methods)), v.minLength(1, `name at least one of ${methods.join(", ")}`)),
    (): RbdAttachMethod[] => ["krbd", "rbd-nbd"],
  ),
  lostAfterMs: v.optional(v.pipe(v.number(), v.integer("whole milliseconds"), v.minValue(1, "above 0")), 600_000),
  requestTimeoutMs: v.optional(
    v.pipe(v.number(), v.integer("whole milliseconds"), v.minValue(1, "above 0"), v.maxValue(3_600_000, "at most an hour")),
    60_000,
  ),
};

const schema = v.pipe(
  v.strictObject(entries),
  v.check(({ auth, cloud, cloudsFile }) => auth === undefined || (cloud === undefined && cloudsFile === undefined), "give `auth` or a cloud, not both"),
);

/** The JSON Schema side: for editors, and for naming the nearest known option. */
const jsonSchema = (typeMode: "input" | "output") => (options: StandardJsonSchemaOptions): Record<string, unknown> => ({
  ...toJsonSchema(schema, {
    typeMode,
    errorMode: "ignore",
    target: options.target === "draft-2020-12" ? "draft-2020-12" : "draft-07",
  }),
});

/** Checks what stands under `cinder_driver`. Unknown keys are refused. */
export const cinderConfig: StandardSchema<CinderConfig, CinderOptions> = {
  "~standard": {
    version: 1,
    vendor: "opensds",
    validate: schema["~standard"].validate,
    jsonSchema: { input: jsonSchema("input"), output: jsonSchema("output") },
  },
};
