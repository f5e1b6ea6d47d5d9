import { join } from "node:path";
import type { NvmeTcpConnectionInfo, NvmeTcpPortal } from "../model/connection.js";
import { listDirectory, readAttribute } from "./block-device.js";

/** A connection of this host to a subsystem through one of its portals. */
export interface NvmeController {
  /** `nvme0`. */
  readonly name: string;
  readonly subsystem: string;
  /** Empty for controllers that are not reached over TCP. */
  readonly portal: string;
}

/** A namespace of a subsystem, as one disk over all its controllers. */
export interface NvmeDisk {
  /** `nvme0n1`. */
  readonly name: string;
  readonly subsystem: string;
  readonly id: number;
  readonly uuid: string;
  readonly nguid: string;
  /** What the namespace itself says that it is; never empty. */
  readonly wwid: string;
}

/** The one form of a portal. */
export const nvmePortalOf = ({ address, port }: NvmeTcpPortal): string => `${address},${port}`;

/** Reads the kernel's NVMe controllers. */
export async function readControllers(sysfs = "/sys"): Promise<readonly NvmeController[]> {
  const root = join(sysfs, "class/nvme");
  return Promise.all(
    (await listDirectory(root)).map(async (name) => {
      const of = async (attribute: string): Promise<string> => ((await readAttribute(join(root, name, attribute))) ?? "").trim();
      const [subsystem, transport, address] = await Promise.all(["subsysnqn", "transport", "address"].map(of));
      // Such as traddr=10.0.0.5,trsvcid=4420,src_addr=10.0.0.9.
      const field = (key: string): string => new RegExp(`(?:^|,)${key}=([^,]*)`, "u").exec(address ?? "")?.[1] ?? "";
      return { name, subsystem: subsystem ?? "", portal: transport === "tcp" ? `${field("traddr")},${field("trsvcid")}` : "" };
    }),
  );
}

/** Reads the disks of one subsystem, not the hidden ones of its single paths. */
export async function readNvmeDisks(subsystem: string, sysfs = "/sys"): Promise<readonly NvmeDisk[]> {
  const found: NvmeDisk[] = [];
  for (const name of await listDirectory(join(sysfs, "block"))) {
    if (!/^nvme\d+n\d+$/u.test(name)) continue;
    const of = async (attribute: string): Promise<string> => ((await readAttribute(join(sysfs, "block", name, attribute))) ?? "").trim();
    const [owner, id, uuid, nguid, wwid] = await Promise.all(["device/subsysnqn", "nsid", "uuid", "nguid", "wwid"].map(of));
    if (owner !== subsystem || wwid === undefined || wwid === "") continue;
    found.push({ name, subsystem, id: Number(id), uuid: uuid ?? "", nguid: nguid ?? "", wwid });
  }
  return found;
}

/** Whether a disk is the one that a connection names, by all that it says. */
export function isNamed(disk: NvmeDisk, { uuid, nguid, id }: NvmeTcpConnectionInfo["namespace"]): boolean {
  const plain = (text: string): string => text.replaceAll("-", "").toLowerCase();
  return (
    (uuid === undefined || plain(disk.uuid) === plain(uuid)) && (nguid === undefined || plain(disk.nguid) === plain(nguid)) && (id === undefined || disk.id === id)
  );
}

/** How a namespace is written in notes. */
export const nvmeUnitOf = ({ subsystem, namespace }: NvmeTcpConnectionInfo): string =>
  [subsystem, namespace.uuid ?? "", namespace.nguid ?? "", namespace.id ?? ""].join(" ");

/** What a device's record says is behind it. */
export const nvmeSourceOf = ({ subsystem, wwid }: NvmeDisk): string => `${subsystem} ${wwid}`;
