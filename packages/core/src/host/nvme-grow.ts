import { setTimeout as sleep } from "node:timers/promises";
import type { CallContext } from "../driver/call-context.js";
import type { Device } from "../model/attachment.js";
import { deviceBytes } from "./block-device.js";
import { complaint, requireTool, run } from "./command.js";
import { growFailed, wouldShrink } from "./grow-failed.js";
import type { HostLock } from "./host-lock.js";
import { readControllers } from "./nvme-subsystems.js";
import { writeKernelFile } from "./sysfs-write.js";

/** Lets a namespace's disk take the size that the target says. The kernel looks when it is told to, and says nothing when it has. */
export async function growNvmeDisk(device: Device, lock: HostLock, ctx: CallContext): Promise<void> {
  await requireTool(ctx, "nvme");
  const result = await run(ctx, "nvme", ["id-ns", device.path, "--output-format=json"], { lockFd: lock.fd });
  const wantedBytes = result.exitCode === 0 ? namespaceBytes(result.stdout) : undefined;
  if (wantedBytes === undefined) throw growFailed(ctx, `cannot read the size of the namespace behind ${device.path}: ${complaint("nvme", result)}`, "none");
  const sizeBytes = await deviceBytes(device.path);
  if (wantedBytes < sizeBytes) throw wouldShrink(ctx, device.path, sizeBytes, wantedBytes);
  if (wantedBytes === sizeBytes) return;
  await ctx.step("nvme-rescan");
  for (const { name, subsystem } of await readControllers()) {
    if (subsystem === device.source.split(" ")[0]) await writeKernelFile(`/sys/class/nvme/${name}/rescan_controller`, "1", lock, ctx);
  }
  while ((await deviceBytes(device.path)) < wantedBytes) await sleep(20, undefined, { signal: ctx.signal });
}

/** The size in what `nvme id-ns` prints: blocks, and the block's size out of the table of formats. */
export function namespaceBytes(json: string): number | undefined {
  const value: unknown = JSON.parse(json);
  if (typeof value !== "object" || value === null || !("nsze" in value) || !("flbas" in value) || !("lbafs" in value)) return undefined;
  const formats: unknown = value.lbafs;
  const format: unknown = Array.isArray(formats) ? formats[Number(value.flbas) & 15] : undefined;
  if (typeof format !== "object" || format === null || !("ds" in format)) return undefined;
  const bytes = Number(value.nsze) * 2 ** Number(format.ds);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
