import type { CallContext } from "../driver/call-context.js";
import { deviceBytes } from "./block-device.js";
import { complaint, run } from "./command.js";
import type { HostLock } from "./host-lock.js";

/** What a device bears. */
export type DeviceContent =
  | { readonly kind: "blank" }
  | { readonly kind: "file-system"; readonly fsType: string; readonly fsUuid: string }
  /** A partition table, a volume manager's label, several contradicting signatures ... */
  | { readonly kind: "other"; readonly what: string };

/** Looks at a device's own bytes (never a cache) and says what it bears. */
export async function probeDevice(path: string, lock: HostLock, ctx: CallContext): Promise<DeviceContent> {
  const found = await run(ctx, "blkid", ["--probe", "--output", "export", path], { lockFd: lock.fd });
  const content = readBlkid(found.exitCode, found.stdout);
  if (content === undefined) throw unreadable(ctx, path, complaint("blkid", found));
  if (content.kind !== "blank") return content;

  // Measured: on a device that cannot be read blkid and wipefs both say that there is nothing. So first prove that the
  // places where signatures stand can be read, then let the second tool look.
  await readEnds(path, lock, ctx);
  const second = await run(ctx, "wipefs", ["--no-act", "--json", path], { lockFd: lock.fd });
  if (second.exitCode !== 0) throw unreadable(ctx, path, complaint("wipefs", second));
  const types = readWipefs(second.stdout);
  return types.length === 0 ? content : { kind: "other", what: types.join(", ") };
}

/** Reads `blkid --probe --output export`; undefined when it failed. */
export function readBlkid(exitCode: number, stdout: string): DeviceContent | undefined {
  if (exitCode === 2) return { kind: "blank" };
  if (exitCode === 8) return { kind: "other", what: "several signatures that contradict each other" };
  if (exitCode !== 0) return undefined;
  const values = new Map<string, string>();
  for (const line of stdout.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) values.set(line.slice(0, at), line.slice(at + 1));
  }
  const [table, type, usage] = ["PTTYPE", "TYPE", "USAGE"].map((key) => values.get(key));
  if (table !== undefined) return { kind: "other", what: `a partition table (${table})` };
  if (type === undefined) return { kind: "other", what: "a signature of unknown kind" };
  if (usage !== "filesystem") return { kind: "other", what: `${type} (${usage ?? "unknown use"})` };
  return { kind: "file-system", fsType: type, fsUuid: values.get("UUID") ?? "" };
}

/** Reads the types in `wipefs --no-act --json`, whose output is empty for nothing. */
export function readWipefs(json: string): readonly string[] {
  if (json.trim() === "") return [];
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null || !("signatures" in parsed) || !Array.isArray(parsed.signatures)) return [];
  const rows: readonly unknown[] = parsed.signatures;
  return rows.map((row) => (typeof row === "object" && row !== null && "type" in row ? String(row.type) : "unknown"));
}

/** Reads the first and the last MiB: superblocks and labels stand nowhere else. */
async function readEnds(path: string, lock: HostLock, ctx: CallContext): Promise<void> {
  const blockBytes = 1024 * 1024;
  const blocks = Math.ceil((await deviceBytes(path)) / blockBytes);
  for (const skip of blocks > 1 ? [0, blocks - 1] : [0]) {
    const args = [`if=${path}`, "of=/dev/null", `bs=${blockBytes}`, "count=1", `skip=${skip}`, "status=none"];
    const result = await run(ctx, "dd", args, { lockFd: lock.fd });
    if (result.exitCode !== 0) throw unreadable(ctx, path, complaint("dd", result));
  }
}

const unreadable = (ctx: CallContext, path: string, why: string): Error =>
  ctx.fail("UNAVAILABLE", "device-unreadable", `cannot read ${path}: ${why}; detach and attach the volume again, or mend what is behind it`, {
    outcome: "none",
    recovery: "operator",
  });
