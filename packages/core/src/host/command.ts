import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { SouthboundError } from "../errors/southbound-error.js";
import { runChild } from "./child-process.js";

/** The programs that the host half runs, and the Debian package that brings each. */
const debianPackages = {
  blkid: "util-linux",
  ceph: "ceph-common",
  blockdev: "util-linux",
  dd: "coreutils",
  dmsetup: "dmsetup",
  dumpe2fs: "e2fsprogs",
  e2fsck: "e2fsprogs",
  flock: "util-linux",
  fsfreeze: "util-linux",
  fusermount3: "fuse3",
  iscsiadm: "open-iscsi",
  losetup: "mount",
  "mkfs.ext4": "e2fsprogs",
  "mkfs.xfs": "xfsprogs",
  modprobe: "kmod",
  mount: "mount",
  "mount.nfs": "nfs-common",
  rados: "ceph-common",
  multipath: "multipath-tools",
  multipathd: "multipath-tools",
  nvme: "nvme-cli",
  "qemu-storage-daemon": "qemu-system-common qemu-block-extra",
  rbd: "ceph-common",
  "rbd-nbd": "rbd-nbd",
  resize2fs: "e2fsprogs",
  sh: "dash",
  sync: "coreutils",
  truncate: "coreutils",
  umount: "mount",
  wipefs: "util-linux",
  xfs_growfs: "xfsprogs",
} as const;

/** What running a program needs of a call. */
export type CommandContext = Pick<CallContext, "signal" | "fail">;

export type Tool = keyof typeof debianPackages;

/** How a program ended. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /**
   * File descriptor of a host lock. The program inherits it, so that the lock outlives us as long as the program does: an
   * orphaned mkfs keeps everybody else away.
   */
  readonly lockFd?: number | undefined;
  /** Runs to its end also when the call is cancelled: for tidying up. Default false. */
  readonly always?: boolean | undefined;
  /** How long it may go on after the call was cancelled, until it is killed. Default 1 s. */
  readonly killAfterMs?: number | undefined;
}

/** Services often run with a PATH that lacks the system directories. */
export const searchPath = (): string => [process.env["PATH"] ?? "", "/usr/sbin", "/sbin", "/usr/bin", "/bin"].join(":");

/**
 * Runs a program and returns how it ended; no shell, and nothing of its arguments in any message. Ended by the call's
 * signal: throws the signal's reason. Not installed: FAILED_PRECONDITION `missing-tool`.
 */
export async function run(
  ctx: CommandContext,
  tool: Tool,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const signal = options.always === true ? undefined : ctx.signal;
  signal?.throwIfAborted();
  const env = { ...process.env, PATH: searchPath(), LC_ALL: "C" };
  const { lockFd: inheritFd, killAfterMs } = options;
  const end = await runChild(tool, args, { env, inheritFd, signal, killAfterMs }).catch((error: unknown) => {
    throw cannotStart(ctx, tool, error);
  });
  signal?.throwIfAborted();
  if (end.exitCode !== null) return { exitCode: end.exitCode, stdout: end.stdout, stderr: end.stderr };
  const message = `${tool} was ended by ${end.signal ?? "a signal"}; replay the call, it finishes what was begun`;
  throw ctx.fail("UNAVAILABLE", "command-killed", message, { details: { tool, signal: end.signal } });
}

function cannotStart(ctx: CommandContext, tool: Tool, error: unknown): SouthboundError {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return missingTool(ctx, tool);
  const why = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return ctx.fail("UNAVAILABLE", "command-not-started", `${tool} could not be started (${why})`, { outcome: "none" });
}

/** Whether a program is installed. */
export async function hasTool(tool: Tool): Promise<boolean> {
  for (const directory of searchPath().split(":")) {
    if (directory === "") continue;
    const found = await access(join(directory, tool), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** Fails before a step that cannot be taken back, when a program for a later step is missing. */
export async function requireTool(ctx: CommandContext, tool: Tool): Promise<void> {
  if (!(await hasTool(tool))) throw missingTool(ctx, tool);
}

/** Which package brings a program, in words. */
export const installHint = (tool: Tool): string => `apt-get install ${debianPackages[tool]}`;

function missingTool(ctx: CommandContext, tool: Tool): SouthboundError {
  return ctx.fail("FAILED_PRECONDITION", "missing-tool", `${tool} is not installed on this host: ${installHint(tool)}`, {
    outcome: "none",
    recovery: "operator",
    details: { tool, package: debianPackages[tool] },
  });
}

/** Devices and mounts are root's. */
export function requireRoot(ctx: CommandContext): void {
  if (process.getuid?.() === 0) return;
  throw ctx.fail("FAILED_PRECONDITION", "not-root", "devices and mounts need root on this host; run the dock as root", {
    outcome: "none",
    recovery: "operator",
  });
}

/** What a program complained about: its last line, without its own name. */
export function complaint(tool: Tool, result: CommandResult): string {
  const lines = result.stderr.split("\n").map((line) => line.trim());
  const text = lines.findLast((line) => line !== "" && !line.startsWith("dmesg(1)")) ?? `exit code ${result.exitCode}`;
  return text.startsWith(`${tool}: `) ? text.slice(tool.length + 2) : text;
}
