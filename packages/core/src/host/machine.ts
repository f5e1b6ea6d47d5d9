import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { HostConnector } from "../model/attachment.js";
import { readInitiators } from "./initiators.js";
import { hostId, type HostId } from "../model/ids.js";

/** Which machine this is, and which of its boots. */
export interface Machine {
  readonly hostId: HostId;
  readonly hostName: string;
  /** Empty where the kernel has none (not Linux): then there are no devices either. */
  readonly bootId: string;
}

/** Reads the machine's identity; a machine without a machine id goes by its host name. */
export function readMachine(id: HostId | undefined): Machine {
  const hostName = hostname();
  const machineId = firstLine("/etc/machine-id") ?? firstLine("/var/lib/dbus/machine-id");
  return { hostId: id ?? hostId(machineId ?? hostName), hostName, bootId: firstLine("/proc/sys/kernel/random/boot_id") ?? "" };
}

/** What this machine tells backends about itself. */
export const connectorFactsOf = async ({ hostId, hostName, bootId }: Machine): Promise<HostConnector> => ({
  hostId,
  hostName,
  bootId,
  initiators: await readInitiators(hostId),
});

function firstLine(path: string): string | undefined {
  try {
    const line = readFileSync(path, "utf8").split("\n")[0]?.trim();
    return line === "" ? undefined : line;
  } catch {
    return undefined;
  }
}
