import * as v from "valibot";
import { CommandFailure } from "./command-failure.js";

/** What `rbd info` tells, as far as this driver uses it. */
export const imageInfoShape = v.object({
  name: v.string(),
  /** An image of format 1 has none. */
  id: v.optional(v.string(), ""),
  size: v.number(),
  object_size: v.number(),
  snapshot_count: v.number(),
  features: v.array(v.string()),
  parent: v.optional(v.unknown()),
});

/** What `rbd info` tells besides. */
export const imageDetailsShape = v.object({
  flags: v.optional(v.array(v.string()), []),
  parent: v.optional(
    v.object({
      pool: v.string(),
      pool_namespace: v.optional(v.string(), ""),
      image: v.string(),
      id: v.optional(v.string(), ""),
      snapshot: v.string(),
      trash: v.optional(v.boolean(), false),
    }),
  ),
  mirroring: v.optional(v.object({ state: v.string(), primary: v.optional(v.boolean()) })),
});

/** What `rbd snap ls --all` tells. */
export const snapshotsShape = v.array(
  v.object({
    id: v.number(),
    name: v.string(),
    size: v.number(),
    timestamp: v.string(),
    namespace: v.object({ type: v.string(), group: v.optional(v.string()), "group snap": v.optional(v.string()) }),
  }),
);

/** What `rbd ls -l` tells: the images, and their snapshots each in an entry of its own. */
export const longListShape = v.array(
  v.object({ image: v.string(), id: v.optional(v.string()), snapshot: v.optional(v.string()), size: v.number() }),
);

/** What `rbd diff` tells. */
export const diffShape = v.array(v.object({ offset: v.number(), length: v.number(), exists: v.string() }));

/** What `ceph df detail` tells. */
export const usageOfPoolsShape = v.object({
  pools: v.array(
    v.object({
      name: v.string(),
      stats: v.object({ stored: v.number(), max_avail: v.number(), quota_bytes: v.number(), quota_objects: v.number(), objects: v.number() }),
    }),
  ),
});

/** What `rbd status` tells. */
export const statusShape = v.object({ watchers: v.array(v.object({ address: v.string() })) });

/** What `rbd du` tells. */
export const usageShape = v.object({ images: v.array(v.object({ id: v.optional(v.string()), used_size: v.number() })) });

/** What `rbd ls` tells. */
export const namesShape = v.array(v.string());

/** What `rbd namespace ls` tells. */
export const namespacesShape = v.array(v.object({ name: v.string() }));

/** What `rados lock info` tells. */
export const lockShape = v.object({
  type: v.string(),
  tag: v.string(),
  lockers: v.array(v.object({ name: v.string(), cookie: v.string(), description: v.string() })),
});

/** What `rados lock list` tells. */
export const lockNamesShape = v.object({ locks: v.array(v.object({ name: v.string() })) });

/** What `ceph mon dump` tells. */
export const monitorsShape = v.object({
  fsid: v.string(),
  mons: v.array(
    v.object({ public_addrs: v.object({ addrvec: v.array(v.object({ type: v.string(), addr: v.string() })) }) }),
  ),
});

/** What `ceph osd pool ls detail` tells. */
export const poolsShape = v.array(
  v.object({ pool_id: v.number(), pool_name: v.string(), flags_names: v.string(), erasure_code_profile: v.optional(v.string(), "") }),
);

/** What `ceph osd pool application get` tells. */
export const applicationsShape = v.record(v.string(), v.unknown());

/** What `rbd image-meta list` tells. */
export const metadataShape = v.record(v.string(), v.string());

/** What `rbd lock ls` tells. */
export const exclusiveLocksShape = v.array(v.object({ id: v.string(), locker: v.string(), address: v.string() }));

/** What `ceph versions` tells. */
export const versionsShape = v.object({ overall: v.record(v.string(), v.number()) });

/** What `ceph health detail` tells. */
export const healthShape = v.object({
  status: v.string(),
  checks: v.record(v.string(), v.object({ summary: v.object({ message: v.string() }) })),
});

/** Reads JSON that a command printed; a shape that does not fit fails as that command. */
export function decodeJson<Shape extends v.GenericSchema>(command: string, text: string, shape: Shape): v.InferOutput<Shape> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CommandFailure(command, undefined, "what it printed is not JSON");
  }
  const checked = v.safeParse(shape, value);
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  throw new CommandFailure(command, undefined, `what it printed has no known form at ${v.getDotPath(issue) ?? "the top"}: ${issue.message}`);
}

/** Reads the bytes out of the hexadecimal dump that `rados getomapval` prints. */
export function decodeHexDump(text: string): Buffer {
  const bytes: number[] = [];
  for (const line of text.split("\n")) {
    const columns = /^[0-9a-f]{8} ((?: {1,2}[0-9a-f]{2})+)/.exec(line)?.[1];
    if (columns === undefined) continue;
    for (const pair of columns.trim().split(/ +/)) bytes.push(Number.parseInt(pair, 16));
  }
  return Buffer.from(bytes);
}

/** Writes a string in Ceph's own encoding. */
export function encodeCephString(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Reads a string in Ceph's own encoding: 32 bits of length, little endian, then the bytes. */
export function decodeCephString(bytes: Buffer): string | undefined {
  if (bytes.length < 4 || bytes.length !== 4 + bytes.readUInt32LE(0)) return undefined;
  return bytes.subarray(4).toString("utf8");
}
