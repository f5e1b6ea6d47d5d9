import type { CallContext } from "../../driver/call-context.js";
import type { StorageBackend } from "../../driver/storage-backend.js";
import { isSouthboundError } from "../../errors/southbound-error.js";
import type { Connection } from "../../model/connection.js";
import type { VolumeId } from "../../model/ids.js";
import { readConnections, within } from "../attach-calls.js";
import type { DriverParts } from "../driver-parts.js";

/** Runs work while the file system of a volume is frozen, where it is mounted on this host. */
export function whileFrozen<Value>(
  parts: DriverParts,
  backend: StorageBackend,
  freeze: { readonly volumeId: VolumeId; readonly timeoutMs: number },
  ctx: CallContext<"createSnapshot">,
  work: (ctx: CallContext<"createSnapshot">) => Promise<Value>,
): Promise<Value> {
  const { host, backendName } = parts;
  const { volumeId, timeoutMs } = freeze;
  return host.exclusively(volumeId, within(ctx), async () => {
    const wanted = { volumeId, hostId: host.hostId };
    const connections = await readConnections(parts, backend, wanted, within(ctx)).catch(noneWhenGone);
    const records = await Promise.all(connections.map((one) => host.describe(one, backendName, within(ctx))));
    return host.frozen(records, { timeoutMs }, within(ctx), (signal) => work({ ...ctx, signal }));
  });
}

/** The work itself says that the volume is not there. */
function noneWhenGone(error: unknown): readonly Connection[] {
  if (isSouthboundError(error) && error.code === "NOT_FOUND") return [];
  throw error;
}
