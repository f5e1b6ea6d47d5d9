import { isReadOnlyMode, type AccessMode, type CallContext, type ConnectionInfo } from "@opensds/core";
import * as v from "valibot";
import type { CinderConfig } from "../config.js";
import { targetInfo } from "./target-connections.js";
import type { CinderAttachment } from "../transport/shapes.js";

const rbdShape = v.object({
  driver_volume_type: v.literal("rbd"),
  name: v.string(),
  hosts: v.array(v.string()),
  ports: v.array(v.union([v.string(), v.number()])),
  cluster_name: v.nullish(v.string()),
  auth_username: v.nullish(v.string()),
  access_mode: v.nullish(v.string()),
});

/** How a host reaches the volume of a connected attachment: Cinder's words, and the key that the backends file has for the cluster. */
export function connectionInfoOf(
  config: CinderConfig,
  attachment: CinderAttachment,
  mode: AccessMode,
  ctx: CallContext,
): ConnectionInfo {
  const told = attachment.connection_info ?? {};
  if (told["encrypted"] === true) {
    throw unusable(ctx, attachment, `volume ${attachment.volume_id} is encrypted by its type, and this driver's hosts have no key for it`);
  }
  const target = targetInfo(told["driver_volume_type"], told, isReadOnlyMode(mode) || told["access_mode"] === "ro");
  if (target !== undefined && "unusable" in target) throw unusable(ctx, attachment, `Cinder connects volume ${attachment.volume_id} by ${target.unusable}`);
  if (target !== undefined) return target;
  const parsed = v.safeParse(rbdShape, told);
  if (!parsed.success) {
    const protocol = typeof told["driver_volume_type"] === "string" ? told["driver_volume_type"] : "nothing that it knows";
    throw unusable(ctx, attachment, `Cinder connects volume ${attachment.volume_id} by ${protocol}, and this driver's hosts attach by rbd, iscsi, nvmeof and nfs only`);
  }
  const { name, hosts, ports, cluster_name: cluster, auth_username: username, access_mode: access } = parsed.output;
  const ceph = config.ceph.find(({ user }) => user === username) ?? config.ceph[0];
  if (ceph === undefined) {
    const where = `cluster ${cluster ?? "ceph"} (${hosts.join(", ")})`;
    const message = `volume ${attachment.volume_id} is in the Ceph ${where}, and the backends file has no keyring for it; give one in \`cinder_driver.ceph\`: [{ keyring: PATH }]`;
    throw ctx.fail("FAILED_PRECONDITION", "keyring-missing", message, { resource: attachment.volume_id, outcome: "none", recovery: "operator", details: { cluster, hosts, option: "cinder_driver.ceph" } });
  }
  const slash = name.indexOf("/");
  return {
    protocol: "rbd",
    ...(ceph.fsid !== undefined && { fsid: ceph.fsid }),
    monitors: hosts.map((host, index) => `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${ports[index] ?? 6789}`),
    pool: name.slice(0, slash),
    namespace: "",
    image: name.slice(slash + 1),
    user: ceph.user ?? username ?? "cinder",
    ...(ceph.conf !== undefined && { conf: ceph.conf }),
    keyring: ceph.keyring,
    methods: config.attach,
    readOnly: isReadOnlyMode(mode) || access === "ro",
  };
}

function unusable(ctx: CallContext, { volume_id: id }: CinderAttachment, message: string): Error {
  return ctx.fail("FAILED_PRECONDITION", "no-attach-method", message, { resource: id, outcome: "none", recovery: "operator" });
}
