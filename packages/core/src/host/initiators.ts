import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import type { HostInitiators } from "../model/attachment.js";
import { hasKernelModule } from "./kernel-module.js";
import { multipathDaemonRuns } from "./multipath.js";
import { readNvmeHost } from "./nvme-connect.js";

/** The names by which targets know this machine, as far as this process may read them. */
export async function readInitiators(machineId: string): Promise<HostInitiators> {
  const [iscsi, nvme, multipath] = await Promise.all([iscsiName(), nvmeName(machineId), multipathDaemonRuns()]);
  const ipAddress = outwardAddress();
  return {
    ...(iscsi !== undefined && { iscsi }),
    ...(nvme !== undefined && { nvme }),
    ...(ipAddress !== undefined && { ipAddress }),
    multipath,
  };
}

/** The name in what open-iscsi keeps as `initiatorname.iscsi`. */
export const initiatorNameIn = (text: string): string | undefined => /^\s*InitiatorName\s*=\s*(\S+)\s*$/mu.exec(text)?.[1];

/** Root's alone on most machines, and not there where nobody uses iSCSI. */
const iscsiName = async (): Promise<string | undefined> => initiatorNameIn(await readFile("/etc/iscsi/initiatorname.iscsi", "utf8").catch(() => ""));

const nvmeName = async (machineId: string): Promise<string | undefined> =>
  (await hasKernelModule("nvme_tcp")) ? (await readNvmeHost(machineId)).nqn : undefined;

/** The first one that is not the machine's own loopback; IPv4 before IPv6. */
function outwardAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward = all.filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
  return (outward.find(({ family }) => family === "IPv4") ?? outward[0])?.address;
}
