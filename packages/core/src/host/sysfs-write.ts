import type { CallContext } from "../driver/call-context.js";
import { complaint, run } from "./command.js";
import type { HostLock } from "./host-lock.js";

/**
 * Writes one line to a file of the kernel; undefined when it took it, else what it said. In a program: the kernel may answer only when a
 * peer does.
 */
export async function writeKernelFile(path: string, line: string, lock: HostLock, ctx: CallContext): Promise<string | undefined> {
  const result = await run(ctx, "sh", ["-c", 'printf %s "$1" >"$2"', "sh", line, path], { lockFd: lock.fd });
  // The shell names the file and its own line first.
  return result.exitCode === 0 ? undefined : complaint("sh", result).replace(/^(sh: )?(\d+: )?(printf: )?/u, "");
}
