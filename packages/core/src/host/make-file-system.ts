import { randomUUID } from "node:crypto";
import type { CallContext, CallOptions } from "../driver/call-context.js";
import type { Device } from "../model/attachment.js";
import type { FileSystemType, FormatRecord, MountVolumeRequest } from "../model/mount.js";
import { formatBytes, MiB } from "../model/size.js";
import { deviceBytes } from "./block-device.js";
import { complaint, requireTool, run } from "./command.js";
import type { FormatJournal } from "./host.js";
import type { HostLock } from "./host-lock.js";
import { probeDevice, type DeviceContent } from "./signatures.js";

/** A file system that can be mounted. */
export interface ReadyFileSystem {
  readonly fsType: FileSystemType;
  readonly fsUuid: string;
  /** Whether an earlier mount made it: then it has the size that the volume had at that time, and may grow. */
  readonly madeEarlier: boolean;
}

/** What has to be known to decide; the device is claimed by nobody, and the volume's host lock is held. */
export interface FileSystemNeed {
  readonly request: MountVolumeRequest;
  readonly device: Device;
  readonly readOnly: boolean;
  readonly journal: FormatJournal;
  readonly lock: HostLock;
}

/**
 * The file system to mount: the one that is there, or a new one where the device bears nothing at all.
 *
 * Formatting is recorded with the volume: the new file system's UUID and `formatting` before mkfs, `formatted` after it.
 * So a volume that is recorded `formatting` bears at most what a killed mkfs left, and may be formatted again; one that
 * is recorded `formatted` never is, whatever its device looks like.
 */
export async function readyFileSystem(need: FileSystemNeed, ctx: CallContext): Promise<ReadyFileSystem> {
  const { request, device, journal, lock } = need;
  const content = await probeDevice(device.path, lock, ctx);
  const recorded = await journal.read(callOptions(ctx));
  switch (recorded?.state) {
    case undefined:
      return content.kind === "blank" ? startFormatting(need, ctx) : existing(content, request, device, ctx);
    case "formatting":
      return goOnFormatting(recorded, content, need, ctx);
    case "formatted":
      return sameAsRecorded(recorded, content, request, device, ctx);
  }
}

function existing(content: DeviceContent, request: MountVolumeRequest, device: Device, ctx: CallContext): ReadyFileSystem {
  if (content.kind === "file-system" && (content.fsType === "ext4" || content.fsType === "xfs")) {
    const { fsType, fsUuid } = content;
    checkType(fsType, request, device, ctx);
    return { fsType, fsUuid, madeEarlier: false };
  }
  throw notBlank(content, device, ctx);
}

function sameAsRecorded(
  recorded: FormatRecord,
  content: DeviceContent,
  request: MountVolumeRequest,
  device: Device,
  ctx: CallContext,
): ReadyFileSystem {
  const { fsType, fsUuid } = recorded;
  if (content.kind === "file-system" && content.fsType === fsType && content.fsUuid === fsUuid) {
    checkType(fsType, request, device, ctx);
    return { fsType, fsUuid, madeEarlier: true };
  }
  const message = `the volume was formatted as ${fsType} with UUID ${fsUuid}, and ${device.path} bears ${describe(content)}; it is not formatted again`;
  throw ctx.fail("FAILED_PRECONDITION", "file-system-lost", message, {
    outcome: "none",
    recovery: "operator",
    details: { recorded, found: content },
  });
}

async function startFormatting(need: FileSystemNeed, ctx: CallContext): Promise<ReadyFileSystem> {
  const { request, device, journal } = need;
  const fsType = request.fsType ?? "ext4";
  refuseFormatting(need, ctx);
  await checkFormattable(fsType, device, ctx);
  await ctx.step("record-formatting");
  const wanted: FormatRecord = { state: "formatting", fsType, fsUuid: randomUUID() };
  const recorded = await journal.write(wanted, callOptions(ctx));
  if (recorded.state === "formatting") return goOnFormatting(recorded, { kind: "blank" }, need, ctx);
  // Another host was faster, and is done already: its file system is not on this device, or was not when we looked.
  const content = await probeDevice(device.path, need.lock, ctx);
  return sameAsRecorded(recorded, content, request, device, ctx);
}

async function goOnFormatting(
  recorded: FormatRecord,
  content: DeviceContent,
  need: FileSystemNeed,
  ctx: CallContext,
): Promise<ReadyFileSystem> {
  const { request, device, journal, lock } = need;
  const { fsType, fsUuid } = recorded;
  if (request.fsType !== undefined && request.fsType !== fsType) {
    const message = `formatting the volume as ${fsType} was begun and did not end; mount it as ${fsType} to finish that, or delete the volume`;
    throw ctx.fail("FAILED_PRECONDITION", "format-unfinished", message, { outcome: "none", details: { recorded } });
  }
  refuseFormatting(need, ctx);
  // A killed mkfs can only have left its own signature; any other is somebody's data.
  const ours = content.kind === "blank" || (content.kind === "file-system" && content.fsType === fsType && ["", fsUuid].includes(content.fsUuid));
  if (!ours) throw notBlank(content, device, ctx);
  await checkFormattable(fsType, device, ctx);
  await ctx.step("mkfs");
  await makeFileSystem(recorded, device, lock, ctx);
  await ctx.step("record-formatted");
  const after = await journal.write({ state: "formatted", fsType, fsUuid }, callOptions(ctx));
  if (after.state === "formatted" && after.fsUuid === fsUuid) return { fsType, fsUuid, madeEarlier: false };
  throw ctx.fail("ABORTED", "format-unfinished", "another process recorded a different file system of this volume meanwhile; call again", { details: { recorded: after } });
}

/** Runs mkfs; itself it claims the device, so what is mounted or held is never formatted. */
async function makeFileSystem({ fsType, fsUuid }: FormatRecord, device: Device, lock: HostLock, ctx: CallContext): Promise<void> {
  // No discard: the volume is new, and discarding a large one takes minutes. One -F/-f is for what a killed mkfs left.
  const result =
    fsType === "ext4"
      ? await run(ctx, "mkfs.ext4", ["-q", "-F", "-m", "0", "-E", "nodiscard,lazy_itable_init=1", "-U", fsUuid, device.path], { lockFd: lock.fd })
      : await run(ctx, "mkfs.xfs", ["-q", "-f", "-K", "-m", `uuid=${fsUuid}`, device.path], { lockFd: lock.fd });
  if (result.exitCode === 0) return;
  throw ctx.fail("UNAVAILABLE", "format-failed", `cannot make a file system on ${device.path}: ${complaint(`mkfs.${fsType}`, result)}`, {
    recovery: "operator",
  });
}

function refuseFormatting({ request, device, readOnly }: FileSystemNeed, ctx: CallContext): void {
  if (request.format !== "never" && !readOnly) return;
  const why = readOnly ? "it is mounted read-only" : "the request says to format never";
  const message = `${device.path} bears no finished file system, and ${why}; mount it once for writing and with format "if-blank"`;
  throw ctx.fail("FAILED_PRECONDITION", "device-blank", message, { outcome: "none" });
}

/** What would make mkfs fail, before anything is recorded. */
async function checkFormattable(fsType: FileSystemType, device: Device, ctx: CallContext): Promise<void> {
  await requireTool(ctx, `mkfs.${fsType}`);
  const minBytes = fsType === "xfs" ? 300 * MiB : MiB;
  const sizeBytes = await deviceBytes(device.path);
  if (sizeBytes >= minBytes) return;
  const message = `${device.path} has ${formatBytes(sizeBytes)}, and ${fsType} needs at least ${formatBytes(minBytes)}`;
  throw ctx.fail("FAILED_PRECONDITION", "volume-too-small", message, { outcome: "none", details: { sizeBytes, minBytes } });
}

function checkType(fsType: string, request: MountVolumeRequest, device: Device, ctx: CallContext): void {
  if (request.fsType === undefined || request.fsType === fsType) return;
  const message = `${device.path} bears ${fsType}, not ${request.fsType}; ask for ${fsType}, or leave fsType out`;
  throw ctx.fail("FAILED_PRECONDITION", "file-system-differs", message, { outcome: "none", details: { found: fsType } });
}

const notBlank = (content: DeviceContent, device: Device, ctx: CallContext): Error =>
  ctx.fail("FAILED_PRECONDITION", "device-not-blank", `${device.path} bears ${describe(content)}; it is neither mounted nor formatted`, {
    outcome: "none",
    details: { found: content },
  });

function describe(content: DeviceContent): string {
  switch (content.kind) {
    case "blank":
      return "nothing";
    case "file-system":
      return `${content.fsType} with UUID ${content.fsUuid}`;
    case "other":
      return content.what;
  }
}

/** The call's own limits, for a call of the backend. */
export const callOptions = (ctx: CallContext): CallOptions => ({ signal: ctx.signal, timeoutMs: Math.max(1, ctx.remainingMs()) });
