import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { mkdir, open, stat, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { complaint, run, type CommandContext } from "./command.js";

/** A lock that this process holds; hand `fd` to the programs that work under it. */
export interface HostLock {
  readonly fd: number;
}

interface HeldLock {
  readonly handle: FileHandle;
  readonly path: string;
  users: number;
}

/** The locks that the running call, or the call around it, holds. */
const heldAround = new AsyncLocalStorage<ReadonlyMap<string, HeldLock>>();

/**
 * Runs `body` while no other process of this host, and no other call of this one, works under the same key. Inside
 * `body` the same key may be taken again; the lock is let go when the last of them has ended, also one that its caller no
 * longer waits for.
 *
 * The lock is a `flock` on a file that this process has open itself: util-linux' `flock` takes it on the inherited
 * descriptor and exits, and the lock stays with the open file. The kernel lets it go when the last process that
 * inherited it is gone, so SIGKILL leaves nothing locked, and a program that outlives us still is under the lock.
 */
export async function withHostLock<Value>(
  ctx: CommandContext,
  runtimeDir: string,
  key: string,
  body: (lock: HostLock) => Promise<Value>,
): Promise<Value> {
  const around = heldAround.getStore() ?? new Map<string, HeldLock>();
  const directory = join(runtimeDir, "locks");
  const path = join(directory, createHash("sha256").update(key).digest("hex").slice(0, 32));
  const outer = around.get(path);
  const held = outer !== undefined && outer.users > 0 ? outer : await acquire(ctx, directory, path);
  held.users += 1;
  try {
    return await heldAround.run(new Map([...around, [path, held]]), () => body({ fd: held.handle.fd }));
  } finally {
    held.users -= 1;
    if (held.users === 0) {
      await unlink(path).catch(() => undefined);
      await held.handle.close();
    }
  }
}

async function acquire(ctx: CommandContext, directory: string, path: string): Promise<HeldLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (;;) {
    const handle = await open(path, "a", 0o600);
    try {
      const taken = await run(ctx, "flock", ["--exclusive", "3"], { lockFd: handle.fd });
      if (taken.exitCode !== 0) {
        throw ctx.fail("INTERNAL", "host-lock-failed", `cannot lock ${path}: ${complaint("flock", taken)}`, { outcome: "none" });
      }
      // Whoever held it before may have removed the file: then this lock excludes nobody.
      if (await isStillAt(handle, path)) return { handle, path, users: 0 };
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
  }
}

async function isStillAt(handle: FileHandle, path: string): Promise<boolean> {
  const [mine, there] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return there?.ino === mine.ino && there.dev === mine.dev;
}
