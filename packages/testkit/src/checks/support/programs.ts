import { execFile, spawn, type ChildProcess } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CheckContext } from "../../check-context.js";

const execute = promisify(execFile);

/** Services often run with a PATH that lacks the system directories. */
const searchPath = (): string => [process.env["PATH"] ?? "", "/usr/sbin", "/sbin", "/usr/bin", "/bin"].join(":");

/** Runs a program of this machine, which must succeed; returns what it wrote. */
export async function runProgram(ctx: CheckContext, file: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(file, args, { signal: ctx.signal, env: { ...process.env, PATH: searchPath(), LC_ALL: "C" } });
  return stdout;
}

/** Mounts by hand, as somebody else would; unmounted after the check in any case. */
export async function mountByHand(ctx: CheckContext, ...args: readonly string[]): Promise<void> {
  const target = args.at(-1) ?? "";
  ctx.defer(`unmount ${target}`, async () => {
    await execute("umount", [target], { env: { ...process.env, PATH: searchPath() } }).catch(() => undefined);
  });
  await runProgram(ctx, "mount", ...args);
}

/** A process that holds something until it is ended; `script` is run by the shell and says `ready` when it does. */
export async function startHolder(ctx: CheckContext, file: string, ...args: readonly string[]): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"], env: { ...process.env, PATH: searchPath() } });
  ctx.defer(`end ${file}`, () => endHolder(child));
  for await (const text of child.stdout) {
    if (String(text).includes("ready")) break;
  }
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) throw new Error(`${file} ended before it held anything`);
  return Object.assign(child, { pid });
}

/** Ends a holder and waits until it is gone. */
export async function endHolder(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/**
 * Runs with other programs under some names: shell scripts that stand first in this process's PATH. `REAL_PATH` in them is the path
 * without them.
 */
export async function withPrograms<Value>(ctx: CheckContext, scripts: Readonly<Record<string, string>>, work: () => Promise<Value>): Promise<Value> {
  const directory = await ctx.temporaryDirectory();
  const before = process.env["PATH"];
  try {
    for (const [name, script] of Object.entries(scripts)) {
      const path = join(directory, name);
      await writeFile(path, `#!/bin/sh\nREAL_PATH='${searchPath()}'\n${script}\n`);
      await chmod(path, 0o755);
    }
    process.env["PATH"] = `${directory}:${before ?? ""}`;
    return await work();
  } finally {
    if (before === undefined) delete process.env["PATH"];
    else process.env["PATH"] = before;
  }
}
