import { readFile } from "node:fs/promises";
import type { CallContext } from "../driver/call-context.js";
import type { RbdConnectionInfo } from "../model/connection.js";
import { complaint, run, type Tool } from "./command.js";
import { rbdFailure } from "./rbd-credentials.js";

/** An RBD connection with the ids by which its device is told from every other. */
export interface KnownImage extends RbdConnectionInfo {
  readonly fsid: string;
  readonly poolId: number;
  readonly imageId: string;
}

/**
 * Completes a connection whose backend knows only names, as Cinder does, by asking the cluster. Names may be given to another image
 * later; the kernel's devices are told by ids.
 */
export async function knownImage(info: RbdConnectionInfo, ctx: CallContext): Promise<KnownImage> {
  const { fsid, poolId, imageId } = info;
  if (fsid !== undefined && poolId !== undefined && imageId !== undefined) return { ...info, fsid, poolId, imageId };
  const access = accessOf(info, ctx);
  const ask = async (tool: Tool, args: readonly string[]): Promise<string> => {
    const result = await run(ctx, tool, [...access, ...args]);
    if (result.exitCode === 0) return result.stdout;
    throw rbdFailure(info, tool, complaint(tool, result), ctx);
  };
  const where = [`--pool=${info.pool}`, ...(info.namespace === "" ? [] : [`--namespace=${info.namespace}`]), `--image=${info.image}`];
  const image = imageId ?? idIn(await ask("rbd", ["info", "--format=json", ...where]));
  const pool = poolId ?? poolIdIn(await ask("rados", ["df", "--format=json"]), info.pool);
  const cluster = fsid ?? (await fsidIn(info.conf)) ?? (await ask("ceph", ["fsid"])).trim();
  if (image !== undefined && pool !== undefined) return { ...info, fsid: cluster, poolId: pool, imageId: image };
  throw ctx.fail("INTERNAL", "attach-failed", `the cluster does not say the ids of image ${info.image} and pool ${info.pool}`, { outcome: "none" });
}

/** How a Ceph program reaches the cluster: by files alone, so that nothing has to be written and cleared away for a question. */
function accessOf(info: RbdConnectionInfo, ctx: CallContext): readonly string[] {
  if (info.keyring === undefined && info.conf === undefined) {
    const message = `the connection to image ${info.image} names neither a ceph.conf nor a keyring file, which finding out its ids needs`;
    throw ctx.fail("FAILED_PRECONDITION", "keyring-missing", message, { outcome: "none", recovery: "operator" });
  }
  const cluster = info.conf === undefined ? ["--conf=/dev/null", `--mon-host=${info.monitors.join(",")}`] : [`--conf=${info.conf}`];
  return [...cluster, ...(info.keyring === undefined ? [] : [`--keyring=${info.keyring}`]), `--id=${info.user}`];
}

function idIn(json: string): string | undefined {
  const value: unknown = JSON.parse(json);
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? value.id : undefined;
}

function poolIdIn(json: string, name: string): number | undefined {
  const value: unknown = JSON.parse(json);
  const pools: unknown = typeof value === "object" && value !== null && "pools" in value ? value.pools : [];
  for (const pool of Array.isArray(pools) ? (pools as readonly unknown[]) : []) {
    if (typeof pool !== "object" || pool === null || !("name" in pool) || !("id" in pool)) continue;
    if (pool.name === name) return Number(pool.id);
  }
  return undefined;
}

/** The cluster's id as the `ceph.conf` has it, which most have. */
async function fsidIn(conf: string | undefined): Promise<string | undefined> {
  const text = conf === undefined ? "" : await readFile(conf, "utf8").catch(() => "");
  return /^\s*fsid\s*=\s*([0-9a-fA-F-]+)\s*$/mu.exec(text)?.[1];
}
