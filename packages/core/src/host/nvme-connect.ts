import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { NvmeTcpConnectionInfo, NvmeTcpPortal } from "../model/connection.js";
import type { HostLock } from "./host-lock.js";
import { nvmePortalOf, readControllers } from "./nvme-subsystems.js";
import { writeKernelFile } from "./sysfs-write.js";

/** By which a target knows this host. */
export interface NvmeHost {
  readonly nqn: string;
  readonly id: string;
}

/**
 * The host's own name and id, where nvme-cli keeps them; else one made of the machine id, so that it stays the same. The kernel wants
 * one id for one name.
 */
export async function readNvmeHost(machineId: string, directory = "/etc/nvme"): Promise<NvmeHost> {
  const firstLine = async (path: string): Promise<string> => ((await readFile(path, "utf8").catch(() => "")).split("\n")[0] ?? "").trim();
  const [nqn, id] = await Promise.all(["hostnqn", "hostid"].map((name) => firstLine(join(directory, name))));
  const hex = createHash("sha256").update(`opensds nvme ${machineId}`).digest("hex");
  const made = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
  const uuid = /uuid:([0-9a-fA-F-]{36})$/u.exec(nqn ?? "")?.[1];
  return {
    nqn: nqn === undefined || nqn === "" ? `nqn.2014-08.org.nvmexpress:uuid:${made}` : nqn,
    id: id === undefined || id === "" ? (uuid ?? made) : id,
  };
}

/** Whether this host is connected to a subsystem through a portal. */
export const isConnected = async (subsystem: string, portal: string): Promise<boolean> =>
  (await readControllers()).some((one) => one.subsystem === subsystem && one.portal === portal);

/** Connects to a subsystem through one portal, by the kernel's own interface; returns what was wrong. */
export async function connectNvme(
  info: NvmeTcpConnectionInfo,
  portal: NvmeTcpPortal,
  host: NvmeHost,
  lock: HostLock,
  ctx: CallContext,
): Promise<string | undefined> {
  const options = [
    "transport=tcp",
    `traddr=${portal.address}`,
    `trsvcid=${portal.port}`,
    `nqn=${info.subsystem}`,
    `hostnqn=${info.hostNqn ?? host.nqn}`,
    `hostid=${host.id}`,
  ];
  const refused = await writeKernelFile("/dev/nvme-fabrics", options.join(","), lock, ctx);
  return (await isConnected(info.subsystem, nvmePortalOf(portal))) ? undefined : (refused ?? "the kernel shows no controller");
}

/** Ends a connection and proves it. */
export async function disconnectNvme(subsystem: string, portal: string, lock: HostLock, ctx: CallContext): Promise<void> {
  for (const controller of await readControllers()) {
    if (controller.subsystem !== subsystem || controller.portal !== portal) continue;
    await ctx.step("nvme-disconnect");
    const refused = await writeKernelFile(`/sys/class/nvme/${controller.name}/delete_controller`, "1", lock, ctx);
    if (!(await isConnected(subsystem, portal))) continue;
    throw ctx.fail("UNAVAILABLE", "detach-failed", `cannot disconnect from ${subsystem} at ${portal}: ${refused ?? "the controller stays"}`);
  }
}
