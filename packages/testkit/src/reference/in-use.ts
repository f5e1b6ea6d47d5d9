import type { CallContext, HostId } from "@opensds/core";
import type { VolumeRecord } from "./volume-record.js";

/** The hosts that have a volume, each once. */
export const hostsOf = ({ attachments }: VolumeRecord): readonly HostId[] => [...new Set(attachments.map(({ hostId }) => hostId))];

/** Refuses with `volume-in-use` while a host has the volume. */
export function requireDetached(record: VolumeRecord, ctx: CallContext): void {
  const hosts = hostsOf(record);
  if (hosts.length === 0) return;
  const message = `volume ${JSON.stringify(record.name)} is attached to ${hosts.join(", ")}; detach it there first`;
  throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: record.id, outcome: "none", details: { hosts } });
}
