import { secret, type IscsiConnectionInfo, type NfsConnectionInfo, type NvmeTcpConnectionInfo } from "@opensds/core";
import * as v from "valibot";

/** A connection to a network target, or what Cinder says that no host of this SDK can do. */
type Read<Info> = Info | { readonly unusable: string };
type TargetInfo = IscsiConnectionInfo | NvmeTcpConnectionInfo | NfsConnectionInfo;

const whole = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer(), v.minValue(0));
const texts = v.pipe(v.array(v.string()), v.minLength(1));

const iscsiShape = v.object({
  target_portal: v.optional(v.string()),
  target_iqn: v.optional(v.string()),
  target_lun: v.optional(whole),
  target_portals: v.optional(texts),
  target_iqns: v.optional(texts),
  target_luns: v.optional(v.pipe(v.array(whole), v.minLength(1))),
  auth_method: v.nullish(v.string()),
  auth_username: v.nullish(v.string()),
  auth_password: v.nullish(v.string()),
});

const nvmeShape = v.object({
  target_nqn: v.optional(v.string()),
  nqn: v.optional(v.string()),
  portals: v.optional(v.pipe(v.array(v.tuple([v.string(), whole, v.string()])), v.minLength(1))),
  target_portal: v.optional(v.string()),
  target_port: v.optional(whole),
  transport_type: v.optional(v.string()),
  vol_uuid: v.nullish(v.string()),
  volume_uuid: v.nullish(v.string()),
  volume_nguid: v.nullish(v.string()),
  ns_id: v.nullish(whole),
  host_nqn: v.nullish(v.string()),
  volume_replicas: v.nullish(v.array(v.unknown())),
});

const nfsShape = v.object({ export: v.string(), name: v.string(), options: v.nullish(v.string()), format: v.nullish(v.string()) });

/** What tells of a target, by Cinder's `driver_volume_type`. */
const readers: Readonly<Record<string, (told: unknown, readOnly: boolean) => Read<TargetInfo>>> = { iscsi: iscsiInfo, nvmeof: nvmeInfo, nfs: nfsInfo };

/** Reads what Cinder tells of a network target, in the words that its own connector (os-brick) takes; undefined for other protocols. */
export const targetInfo = (protocol: unknown, told: unknown, readOnly: boolean): Read<TargetInfo> | undefined =>
  typeof protocol === "string" && Object.hasOwn(readers, protocol) ? readers[protocol]?.(told, readOnly) : undefined;

function iscsiInfo(told: unknown, readOnly: boolean): Read<IscsiConnectionInfo> {
  const parsed = v.safeParse(iscsiShape, told);
  if (!parsed.success) return incomplete(parsed.issues);
  const { target_portal: portal, target_iqn: iqn, target_lun: lun, auth_method: method, auth_username: username, auth_password: password } = parsed.output;
  const portals = parsed.output.target_portals ?? (portal === undefined ? [] : [portal]);
  const iqns = parsed.output.target_iqns ?? (iqn === undefined ? [] : portals.map(() => iqn));
  // One number may hold for all paths.
  const luns = parsed.output.target_luns ?? (lun === undefined ? [] : portals.map(() => lun));
  const paths = portals.flatMap((address, index) => {
    const [target, number] = [iqns[index], luns[index]];
    return target === undefined || number === undefined ? [] : [{ portal: address, iqn: target, lun: number }];
  });
  if (paths.length === 0 || paths.length < portals.length) return { unusable: "portals, targets and units by iSCSI that do not fit each other" };
  if (method === null || method === undefined || method.toLowerCase() === "none") return { protocol: "iscsi", paths, readOnly };
  if (method.toUpperCase() !== "CHAP") return { unusable: `iSCSI with ${method} to prove who the host is` };
  if (typeof username !== "string" || typeof password !== "string") return { unusable: "iSCSI with CHAP, without a user name or a password" };
  return { protocol: "iscsi", paths, chap: { username, password: secret(password) }, readOnly };
}

function nvmeInfo(told: unknown, readOnly: boolean): Read<NvmeTcpConnectionInfo> {
  const parsed = v.safeParse(nvmeShape, told);
  if (!parsed.success) return incomplete(parsed.issues);
  const { target_portal: address, target_port: port, transport_type: transport = "tcp", volume_replicas: replicas } = parsed.output;
  if (replicas !== null && replicas !== undefined && replicas.length > 0) return { unusable: "NVMe replicas that the host has to mirror" };
  const single: readonly [string, number, string][] = address === undefined || port === undefined ? [] : [[address, port, transport]];
  const portals = (parsed.output.portals ?? single).filter(([, , kind]) => kind.toLowerCase() === "tcp");
  const subsystem = parsed.output.target_nqn ?? parsed.output.nqn;
  if (subsystem === undefined || portals.length === 0) return { unusable: `NVMe without a subsystem, or by other transports than tcp (${transport})` };
  const { vol_uuid: uuid, volume_uuid: otherUuid, volume_nguid: nguid, ns_id: id, host_nqn: hostNqn } = parsed.output;
  return {
    protocol: "nvme-tcp",
    subsystem,
    portals: portals.map(([host, number]) => ({ address: host, port: number })),
    namespace: { uuid: uuid ?? otherUuid ?? undefined, nguid: nguid ?? undefined, id: id ?? undefined },
    ...(typeof hostNqn === "string" && { hostNqn }),
    readOnly,
  };
}

function nfsInfo(told: unknown, readOnly: boolean): Read<NfsConnectionInfo> {
  const parsed = v.safeParse(nfsShape, told);
  if (!parsed.success) return incomplete(parsed.issues);
  const { export: exported, name: file, options, format } = parsed.output;
  if (typeof format === "string" && format !== "raw") return { unusable: `a file of the format ${format} on NFS, which is no device` };
  // Such as "-o vers=4.2,nconnect=4".
  const list = (options ?? "").replace(/^\s*-o\s*/u, "").split(",").map((option) => option.trim()).filter((option) => option !== "");
  return { protocol: "nfs", export: exported, file, ...(list.length > 0 && { options: list }), readOnly };
}

/** The fields are named, and nothing of them quoted: one is a password. */
function incomplete(issues: readonly v.BaseIssue<unknown>[]): { readonly unusable: string } {
  const fields = [...new Set(issues.map((issue) => v.getDotPath(issue) ?? "all of it"))];
  return { unusable: `a connection whose ${fields.join(", ")} cannot be read` };
}
