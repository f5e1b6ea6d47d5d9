import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { mkdir, mkdtemp, open, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { attachmentId, volumeId, type AccessMode, type AttachmentRecord, type Connection, type ConnectionInfo, type FormatRecord } from "@opensds/core";
import { createHost, type CreateHostOptions, type FormatJournal, type Host } from "@opensds/core/host";
import { onTestFinished } from "vitest";

/** Loop devices and mounts are there only for root on a Linux that has them. */
export const canAttach = process.getuid?.() === 0 && existsSync("/dev/loop-control");

/** Runs a program that must succeed. */
export function must(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${file} failed: ${stderr}`);
  return stdout;
}

/** Runs a program for tidying up: it may fail. Whether it did not. */
export const may = (file: string, ...args: string[]): boolean => spawnSync(file, args).status === 0;

/** The path of a record's device. */
export const pathOf = (record: AttachmentRecord): string => record.device?.path ?? "none";

/** What the kernel says of a record's device. */
export const attributeOf = (record: AttachmentRecord, name: string): string =>
  readFileSync(`/sys/block/${pathOf(record).slice("/dev/".length)}/${name}`, "utf8").trim();

/** One test's own directory, host and volumes; whatever the test leaves is taken away after it. */
export interface Bench {
  readonly directory: string;
  readonly runtimeDir: string;
  readonly host: Host;
  /** A connection to a sparse file of this size. */
  readonly fileVolume: (name: string, sizeBytes?: number, mode?: AccessMode) => Promise<Connection>;
  readonly connection: (info: ConnectionInfo, name: string, mode?: AccessMode) => Promise<Connection>;
  /** A new, empty directory. */
  readonly mountPoint: (name: string) => Promise<string>;
}

export const MiB = 1024 * 1024;

export async function openBench(options: CreateHostOptions = {}): Promise<Bench> {
  const directory = realpathSync(await mkdtemp(join(tmpdir(), "opensds-host-")));
  const runtimeDir = join(directory, "run");
  onTestFinished(() => tidyUp(directory));
  const host = createHost({ runtimeDir, ...options });
  const connection: Bench["connection"] = async (info, name, mode = "single-writer") => ({
    attachment: {
      id: attachmentId(`attachment-${name}`),
      volumeId: volumeId(`volume-${name}`),
      hostId: host.hostId,
      mode,
      connector: await host.connectorFacts(),
      attachedAt: new Date().toISOString(),
    },
    info,
  });
  return {
    directory,
    runtimeDir,
    host,
    connection,
    fileVolume: async (name, sizeBytes = 64 * MiB, mode = "single-writer") => {
      const path = join(directory, `${name}.img`);
      await (await open(path, "a")).close();
      await truncate(path, sizeBytes);
      return connection({ protocol: "file", path, readOnly: mode === "single-reader" || mode === "multi-reader" }, name, mode);
    },
    mountPoint: async (name) => {
      const path = join(directory, name);
      await mkdir(path);
      return path;
    },
  };
}

/** Unmounts and unbinds what is below a test's directory, and nothing else. */
async function tidyUp(directory: string): Promise<void> {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((mountPoint) => mountPoint.startsWith(`${directory}/`));
  const fuse = mounts.filter((mountPoint) => mountPoint.endsWith("/image"));
  for (const mountPoint of mounts.filter((one) => !fuse.includes(one)).reverse()) may("umount", mountPoint);
  for (const loop of loopsOf(directory)) may("losetup", "-d", loop);
  for (const pid of pidsMentioning(directory)) process.kill(pid, "SIGKILL");
  for (const mountPoint of fuse) may("fusermount3", "-uz", mountPoint);
  await rm(directory, { recursive: true, force: true });
}

/** The loop devices over files below a directory. */
export function loopsOf(directory: string): readonly string[] {
  return readdirSync("/sys/block")
    .filter((name) => name.startsWith("loop"))
    .filter((name) => {
      const attribute = `/sys/block/${name}/loop/backing_file`;
      try {
        return readFileSync(attribute, "utf8").startsWith(`${directory}/`);
      } catch {
        return false;
      }
    })
    .map((name) => `/dev/${name}`);
}

/** The storage daemons whose arguments name a directory. */
export function pidsMentioning(directory: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return argv.startsWith("qemu-storage-daemon") && argv.includes(directory);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** A journal in memory that does what a backend's does: `formatting` over nothing, `formatted` over the same one. */
export function memoryJournal(recorded: FormatRecord | null = null): FormatJournal & { readonly current: () => FormatRecord | null } {
  let current = recorded;
  return {
    current: () => current,
    read: () => Promise.resolve(current),
    write: (next) => {
      if (next.state === "formatting") current ??= next;
      else if (current?.state === "formatting" && current.fsUuid === next.fsUuid) current = next;
      return Promise.resolve(current ?? next);
    },
  };
}

/** Starts a program that holds something until the test ends or `stop` is called; resolves when it says `ready`. */
export async function startHolder(file: string, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => stop(child));
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`${file} ended before it was ready`)));
    child.stdout.on("data", (text: Buffer) => {
      if (text.toString().includes("ready")) resolve();
    });
  });
  return child;
}

/** Kills a child and waits until it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** What a dock in another process does: see `dock-process.ts`. */
export interface DockOrder {
  readonly runtimeDir: string;
  readonly operation: "attach" | "detach" | "attach-exported" | "freeze" | "grow" | "mount" | "unmount" | "lock";
  readonly argument: unknown;
  readonly journalFile?: string;
  readonly directory?: string;
  /** Runs without root's rights. */
  readonly unprivileged?: boolean;
  /** Runs where this program cannot be executed. */
  readonly withoutTool?: string;
  /** SIGKILL itself at the n-th step, counted from 0. */
  readonly dieAtStep?: number;
}

/** Runs an order in another process. */
export function startDock(order: DockOrder): { readonly child: ChildProcess; readonly ended: Promise<{ died: boolean; stdout: string }> } {
  const script = fileURLToPath(new URL("dock-process.ts", import.meta.url));
  const args = ["--conditions=@opensds/source", "--import", "tsx", script, JSON.stringify(order)];
  // In a mount namespace of its own, an unexecutable file lies over the tool.
  const hide = ["-m", "sh", "-c", 'mount --bind /dev/null "$0" && exec "$@"', order.withoutTool ?? "", process.execPath];
  const [file, all] = order.withoutTool === undefined ? [process.execPath, args] : ["unshare", [...hide, ...args]];
  const child = spawn(file, all, { stdio: ["pipe", "pipe", "inherit"], ...(order.unprivileged === true && { uid: 65_534, gid: 65_534 }) });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  const ended = new Promise<{ died: boolean; stdout: string }>((resolve) => {
    child.on("close", (_, signal) => resolve({ died: signal === "SIGKILL", stdout }));
  });
  return { child, ended };
}
