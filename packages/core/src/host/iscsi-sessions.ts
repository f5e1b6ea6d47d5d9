import { join } from "node:path";
import type { IscsiPath } from "../model/connection.js";
import { listDirectory, readAttribute, readLink } from "./block-device.js";

/** A login to one target through one of its portals, as the kernel lists it. */
export interface IscsiSession {
  /** `session3`. */
  readonly name: string;
  /** Number of the SCSI host that the kernel made for it. */
  readonly hostNumber: string;
  readonly iqn: string;
  /** As it was asked for, in the form of {@link portalOf}. */
  readonly portal: string;
}

/** A block device behind a session. */
export interface ScsiPath {
  /** `sdb`. */
  readonly name: string;
  readonly session: IscsiSession;
  readonly lun: number;
  /** What the unit itself says that it is; the same on every path to it, and another for every other unit. Empty: it does not say. */
  readonly wwid: string;
}

/** The one form of a portal: address and port, an IPv6 address in brackets. */
export function portalOf(portal: string): string {
  const { address, port } = splitPortal(portal);
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Address without brackets, and port; 3260 is the protocol's own. */
export function splitPortal(portal: string): { readonly address: string; readonly port: string } {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/u.exec(portal) ?? [];
  return { address: bracketed ?? plain ?? portal, port: port ?? "3260" };
}

/** How a path is written in notes; no two units share it. */
export const unitOf = ({ iqn, lun }: Pick<IscsiPath, "iqn" | "lun">): string => `${iqn} ${lun}`;

/** How a login is written in notes. */
export const loginOf = ({ iqn, portal }: Pick<IscsiPath, "iqn" | "portal">): string => `${iqn} ${portalOf(portal)}`;

/** Reads the kernel's iSCSI sessions. */
export async function readIscsiSessions(sysfs = "/sys"): Promise<readonly IscsiSession[]> {
  const root = join(sysfs, "class/iscsi_session");
  const found = await Promise.all(
    (await listDirectory(root)).map(async (name) => {
      const [target, iqn] = await Promise.all([readLink(join(root, name)), readAttribute(join(root, name, "targetname"))]);
      const hostNumber = /\/host(\d+)\//u.exec(target ?? "")?.[1];
      const connection = (await listDirectory(join(root, name, "device"))).find((entry) => entry.startsWith("connection"));
      const of = (attribute: string): Promise<string | undefined> =>
        readAttribute(join(sysfs, "class/iscsi_connection", connection ?? "none", attribute));
      const [address, port] = await Promise.all([of("persistent_address"), of("persistent_port")]);
      if (iqn === undefined || hostNumber === undefined || address === undefined || port === undefined) return undefined;
      return { name, hostNumber, iqn, portal: portalOf(address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`) };
    }),
  );
  return found.filter((session) => session !== undefined);
}

/** Reads the disks behind iSCSI sessions; disks of other transports are left out. */
export async function readScsiPaths(sysfs = "/sys"): Promise<readonly ScsiPath[]> {
  const sessions = await readIscsiSessions(sysfs);
  if (sessions.length === 0) return [];
  const found: ScsiPath[] = [];
  for (const name of await listDirectory(join(sysfs, "block"))) {
    // Such as ../devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sda.
    const link = (await readLink(join(sysfs, "block", name))) ?? "";
    const [, sessionName, lun] = /\/(session\d+)\/target[\d:]+\/\d+:\d+:\d+:(\d+)\/block\//u.exec(link) ?? [];
    const session = sessions.find((one) => one.name === sessionName);
    if (session === undefined) continue;
    const wwid = (await readAttribute(join(sysfs, "block", name, "device", "wwid"))) ?? "";
    found.push({ name, session, lun: Number(lun), wwid: wwid.trim() });
  }
  return found;
}

/** What a device's record says is behind it: the unit's own name, or how it is reached where it has none. */
export const sourceOf = ({ wwid, session, lun }: ScsiPath): string => (wwid === "" ? unitOf({ iqn: session.iqn, lun }) : wwid);
