import type { CallContext } from "../driver/call-context.js";
import { complaint, run } from "./command.js";
import type { HostLock } from "./host-lock.js";

/** Makes a device one that the kernel refuses to write, where the transport has no such mode of its own. */
export async function setReadOnly(path: string, lock: HostLock, ctx: CallContext): Promise<void> {
  await ctx.step("set-read-only");
  const result = await run(ctx, "blockdev", ["--setro", path], { lockFd: lock.fd });
  if (result.exitCode === 0) return;
  throw ctx.fail("UNAVAILABLE", "attach-failed", `cannot make ${path} read-only: ${complaint("blockdev", result)}`);
}
