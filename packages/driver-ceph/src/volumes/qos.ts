import type { BackendFacets, ModifyVolumeRequest, QosLimits, RbdAttachMethod, VolumeId } from "@opensds/core";
import type { Bind } from "../bind.js";
import type { Call } from "../call.js";
import type { Pool } from "../pool.js";
import { findVolume, noSuchVolume, requireOpen, requirePrimary } from "./require-volume.js";
import { errno, unless } from "../transport/command-failure.js";
import { imageIdIn } from "../records/volume-id.js";

type Limit = keyof QosLimits;

/** librbd's options, by the limits that they keep. */
const options: Readonly<Record<Limit, string>> = {
  iops: "rbd_qos_iops_limit",
  readIops: "rbd_qos_read_iops_limit",
  writeIops: "rbd_qos_write_iops_limit",
  bytesPerSecond: "rbd_qos_bps_limit",
  readBytesPerSecond: "rbd_qos_read_bps_limit",
  writeBytesPerSecond: "rbd_qos_write_bps_limit",
};
const limits: readonly Limit[] = ["iops", "readIops", "writeIops", "bytesPerSecond", "readBytesPerSecond", "writeBytesPerSecond"];

/** The ways to a device on which librbd is not in the path of the data. */
const unlimited: readonly RbdAttachMethod[] = ["krbd"];

/** Limits that librbd keeps, in the settings of the image itself: they hold wherever it is attached through librbd, and at once. */
export function qosFacet(bind: Bind): BackendFacets["qos"] {
  return { modifyVolume: bind(modifyVolume), getQos: bind(getQos) };
}

async function modifyVolume(pool: Pool, { id, qos }: ModifyVolumeRequest, call: Call<"modifyVolume">): Promise<QosLimits> {
  const { ctx } = call;
  const volume = await findVolume(pool, call, id);
  if (volume === undefined) throw noSuchVolume(pool, ctx, id);
  requireOpen(ctx, id, volume.view);
  await requirePrimary(pool, call, id, volume.info);
  const set = limits.filter((limit) => typeof qos[limit] === "number");
  const methods = pool.config.attach.filter((method) => unlimited.includes(method));
  if (set.length > 0 && methods.length > 0) {
    const message = `hosts may attach by ${methods.join(", ")}, which keeps no limits; take it out of attach in the backends file, or leave the limits out`;
    throw ctx.fail("INVALID_ARGUMENT", "qos-unsupported", message, { resource: id, outcome: "none", details: { limits: set, methods } });
  }
  for (const limit of limits) {
    const wanted = qos[limit];
    if (wanted === undefined) continue;
    await ctx.step(`limit-${options[limit]}`);
    await pool.settings.write(call, volume.imageId, options[limit], wanted === null ? null : String(wanted));
  }
  return readLimits(pool, call, volume.imageId);
}

async function getQos(pool: Pool, { id }: { readonly id: VolumeId }, call: Call<"getQos">): Promise<QosLimits> {
  const imageId = imageIdIn(pool.place, id);
  const volume = imageId === undefined ? undefined : await findVolume(pool, call, id);
  const found = volume && (await unless([errno.ENOENT], readLimits(pool, call, volume.imageId)));
  if (found === undefined) throw noSuchVolume(pool, call.ctx, id);
  return found;
}

async function readLimits(pool: Pool, call: Call, imageId: string): Promise<QosLimits> {
  const settings = await pool.settings.read(call, imageId);
  const found: Partial<Record<Limit, number>> = {};
  for (const limit of limits) {
    const value = Number(settings.get(options[limit]) ?? 0);
    // librbd's 0 is no limit.
    if (Number.isSafeInteger(value) && value > 0) found[limit] = value;
  }
  return found;
}
