import type { CallContext } from "../driver/call-context.js";
import type { RbdConnectionInfo } from "../model/connection.js";
import { readAttribute } from "./block-device.js";
import { run } from "./command.js";

/** RBD's image features, by the bit that each has in the kernel's mask and in the image's header. */
const features = ["layering", "striping", "exclusive-lock", "object-map", "fast-diff", "deep-flatten", "journaling", "data-pool", "operations", "migrating"];

/** What this kernel's RBD client can map, as its module says; undefined while that is not loaded. */
export async function kernelFeatures(sysfs = "/sys"): Promise<readonly string[] | undefined> {
  const mask = await readAttribute(`${sysfs}/bus/rbd/supported_features`);
  return mask === undefined ? undefined : namesOf(Number(mask));
}

/** The features whose bits a mask has. */
export const namesOf = (mask: number): readonly string[] => features.filter((_, bit) => Math.floor(mask / 2 ** bit) % 2 === 1);

/** The features of an image that this kernel cannot map; empty when they are not what is in the way, or nobody knows. */
export async function unmappableFeatures(info: RbdConnectionInfo, conf: string, ctx: CallContext): Promise<readonly string[]> {
  const known = await kernelFeatures();
  if (known === undefined) return [];
  const where = [`--pool=${info.pool}`, ...(info.namespace === "" ? [] : [`--namespace=${info.namespace}`]), `--image=${info.image}`];
  const result = await run(ctx, "rbd", ["--conf", conf, "--id", info.user, "info", "--format=json", ...where]);
  const image: unknown = result.exitCode === 0 ? JSON.parse(result.stdout) : undefined;
  const has: unknown = typeof image === "object" && image !== null && "features" in image ? image.features : [];
  return Array.isArray(has) ? has.map(String).filter((feature) => !known.includes(feature)) : [];
}
