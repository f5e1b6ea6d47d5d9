import type { CallOptions } from "../driver/call-context.js";
import { SouthboundError } from "../errors/southbound-error.js";
import { defaultTimeoutMs } from "../guard/call-limits.js";
import type { VolumeId } from "../model/ids.js";
import { requireRoot, type CommandContext } from "./command.js";
import { withHostLock } from "./host-lock.js";

/**
 * Runs steps under a volume's host lock. Only the waiting for the lock is bounded here: the steps are calls with limits
 * of their own, and their errors go through untouched.
 */
export async function runExclusively<Value>(
  volume: VolumeId,
  runtimeDir: string,
  options: CallOptions,
  steps: () => Promise<Value>,
): Promise<Value> {
  const patience = new AbortController();
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const timer = setTimeout(() => {
    const message = `another call on the volume ran on this host for longer than ${timeoutMs} ms; call again when it has ended`;
    patience.abort(new SouthboundError("DEADLINE_EXCEEDED", "deadline-exceeded", message, { resource: volume, outcome: "none" }));
  }, timeoutMs);
  const cancel = (): void => patience.abort(options.signal?.reason);
  if (options.signal?.aborted === true) cancel();
  else options.signal?.addEventListener("abort", cancel, { once: true });
  const forget = (): void => {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", cancel);
  };

  const ctx: CommandContext = {
    signal: patience.signal,
    fail: (code, reason, message, info) => new SouthboundError(code, reason, message, { resource: volume, ...info }),
  };
  try {
    requireRoot(ctx);
    return await withHostLock(ctx, runtimeDir, volume, () => {
      forget();
      return steps();
    });
  } finally {
    forget();
  }
}
