import type { CommandContext } from "./command.js";
import { withHostLock } from "./host-lock.js";

/**
 * Runs steps while no other call of this host logs in to or out of these targets: one login may serve several volumes, whose own locks
 * do not keep each other out. Taken inside the volume's lock and in one order, so no two calls wait for each other.
 */
export async function underTargets<Value>(
  targets: readonly string[],
  runtimeDir: string,
  ctx: CommandContext,
  steps: () => Promise<Value>,
): Promise<Value> {
  const [first, ...others] = [...new Set(targets)].sort();
  if (first === undefined) return steps();
  return withHostLock(ctx, runtimeDir, `target:${first}`, () => underTargets(others, runtimeDir, ctx, steps));
}
