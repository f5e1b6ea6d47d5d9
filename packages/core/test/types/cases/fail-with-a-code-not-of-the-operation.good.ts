import type { BackendConnectRequest, CallContext, Connection } from "@opensds/core";

export function connectVolume({ volumeId }: BackendConnectRequest, ctx: CallContext<"connectVolume">): Promise<Connection> {
  throw ctx.fail("NOT_FOUND", "volume-not-found", `no volume ${volumeId}`, { outcome: "none" });
}
