import type { CallContext } from "../driver/call-context.js";
import { complaint, run } from "./command.js";
import { growFailed } from "./grow-failed.js";

/** Asks the cluster for an image's size. By the image's id: its name may belong to another image since. */
export async function readImageBytes(
  image: { readonly conf: string; readonly user: string; readonly pool: string; readonly source: string },
  ctx: CallContext,
): Promise<number> {
  const [, , imageId = "", ...namespace] = image.source.split("/");
  const where = [`--pool=${image.pool}`, ...(namespace.join("/") === "" ? [] : [`--namespace=${namespace.join("/")}`]), `--image-id=${imageId}`];
  const result = await run(ctx, "rbd", ["--conf", image.conf, "--id", image.user, "info", "--format=json", ...where]);
  const info: unknown = result.exitCode === 0 ? JSON.parse(result.stdout) : undefined;
  if (typeof info === "object" && info !== null && "size" in info && typeof info.size === "number") return info.size;
  throw growFailed(ctx, `cannot read the size of image ${imageId} in pool ${image.pool}: ${complaint("rbd", result)}`, "none");
}
