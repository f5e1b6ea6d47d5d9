import type { CallContext } from "../driver/call-context.js";
import type { Device } from "../model/attachment.js";
import type { ConnectionInfo } from "../model/connection.js";
import type { AttachPlan, Connector } from "./connectors/connector.js";
import type { HostLock } from "./host-lock.js";

/**
 * Attaches by the first method that works here, in the connection's order. None does: FAILED_PRECONDITION `no-attach-method`, which
 * says of each why.
 */
export async function tryMethods<Info extends ConnectionInfo>(
  connectors: readonly Connector<Info>[],
  plan: AttachPlan<Info>,
  lock: HostLock,
  ctx: CallContext,
): Promise<Device> {
  const { info } = plan;
  const wanted: readonly string[] = info.protocol === "rbd" ? info.methods : connectors.map(({ method }) => method);
  const reasons: Record<string, string> = {};
  for (const name of wanted) {
    const connector = connectors.find(({ method }) => method === name);
    const unavailable = connector === undefined ? "is no method that this version knows" : await connector.unavailable(info);
    if (connector === undefined || unavailable !== undefined) {
      reasons[name] = unavailable ?? "";
      continue;
    }
    const made = await connector.attach(plan, lock, ctx);
    if (!("unsuitable" in made)) return made;
    ctx.log.warn(`${plan.volumeId} cannot be attached by ${name}: ${made.unsuitable}`);
    reasons[name] = made.unsuitable;
  }
  const list = Object.entries(reasons).map(([name, reason]) => `${name}: ${reason}`);
  const why = list.length === 0 ? "the connection allows no method" : list.join("; ");
  throw ctx.fail("FAILED_PRECONDITION", "no-attach-method", `this host cannot attach a volume by ${info.protocol}: ${why}`, {
    outcome: "none",
    recovery: "operator",
    details: { methods: reasons },
  });
}
