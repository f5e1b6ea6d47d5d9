import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { RbdConnectionInfo } from "../model/connection.js";
import type { KnownImage } from "./known-image.js";
import { encryptionFailure } from "./rbd-encryption.js";

/** What tells one image from every other: cluster, pool, namespace and image, by ids that survive renames. */
export const imageSource = (info: KnownImage): string =>
  [info.fsid, info.poolId, info.imageId, info.namespace].join("/");

/** The directory of one image's files on this host; from the connection or from a device's source. */
export function imageDirectory(runtimeDir: string, source: string): string {
  const [fsid = "", poolId = "", imageId = "", ...namespace] = source.split("/");
  const hash = createHash("sha256").update(namespace.join("/")).digest("hex").slice(0, 8);
  return join(runtimeDir, "rbd", `${fsid}-${poolId}-${hash}-${imageId}`);
}

/** Checks what becomes part of paths, of a configuration file or of a program's arguments. */
export function checkRbdConnection(info: RbdConnectionInfo, ctx: CallContext): void {
  const rules: readonly (readonly [string, string, RegExp])[] = [
    ["fsid", info.fsid ?? "0", /^[0-9a-fA-F-]{1,64}$/],
    ["poolId", String(info.poolId ?? 0), /^\d+$/],
    ["imageId", info.imageId ?? "0", /^[0-9a-zA-Z]{1,64}$/],
    ["user", info.user, /^[\w.:-]{1,128}$/],
    ["pool", info.pool, oneLine],
    ["image", info.image, oneLine],
    ["namespace", info.namespace, /^[^\p{Cc}]*$/u],
    ["conf", info.conf ?? "/", oneLine],
    ["keyring", info.keyring ?? "/", oneLine],
    ["encryption.passphraseFile", info.encryption?.passphraseFile ?? "/", oneLine],
    ...info.monitors.map((monitor) => ["monitors", monitor, oneLine] as const),
  ];
  for (const [field, value, rule] of rules) {
    if (rule.test(value)) continue;
    throw ctx.fail("INVALID_ARGUMENT", "bad-connection", `the connection's ${field} is ${JSON.stringify(value)}, which is no such thing`, { outcome: "none" });
  }
}

const oneLine = /^[^\p{Cc}]+$/u;

/**
 * Writes the `ceph.conf` that one image's programs use, and the keyring when the connection carries a key; readable by
 * root only. Returns the path of the `ceph.conf`.
 */
export async function writeCephFiles(directory: string, info: RbdConnectionInfo, ctx: CallContext): Promise<string> {
  const conf = join(directory, "ceph.conf");
  let keyring = info.keyring;
  if (info.key !== undefined && keyring === undefined) {
    keyring = join(directory, "keyring");
    await writeFile(keyring, `[client.${info.user}]\n\tkey = ${info.key.reveal()}\n`, { mode: 0o600 });
  }
  const base = info.conf === undefined ? undefined : await readConf(info.conf, ctx);
  await writeFile(conf, renderConf(info, base, keyring), { mode: 0o600 });
  return conf;
}

/** The text of the `ceph.conf`: the given one, or a minimal one, and what this user needs at the end, where it wins. */
export function renderConf(info: RbdConnectionInfo, base: string | undefined, keyring: string | undefined): string {
  const head = base ?? `[global]\n${info.fsid === undefined ? "" : `fsid = ${info.fsid}\n`}mon host = ${info.monitors.join(",")}`;
  const own = [
    `[client.${info.user}]`,
    ...(keyring === undefined ? [] : [`keyring = ${keyring}`]),
    // An unreachable cluster becomes an error instead of a hang; it bounds connecting, never the I/O.
    "client mount timeout = 30",
  ];
  return `${head.trimEnd()}\n\n${own.join("\n")}\n`;
}

async function readConf(path: string, ctx: CallContext): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw ctx.fail("FAILED_PRECONDITION", "conf-missing", `cannot read ${path}, the ceph.conf of this connection`, {
      outcome: "none",
      recovery: "operator",
      cause,
    });
  }
}

/** Makes an error of what a Ceph program complained about when it was to open an image. */
export function rbdFailure(info: RbdConnectionInfo, method: string, text: string, ctx: CallContext): Error {
  const image = [info.pool, info.namespace, info.image].filter((part) => part !== "").join("/");
  const what = `${method} cannot open ${image}: ${text}`;
  const keyWrong = encryptionFailure(info, what, text, ctx);
  if (keyWrong !== undefined) return keyWrong;
  if (/No such file|\(2\)/.test(text) && !/connect|keyring/i.test(text)) {
    return ctx.fail("NOT_FOUND", "volume-not-found", `${what}; the image is gone or was renamed`, { outcome: "none" });
  }
  if (/not permitted|Permission denied|\((1|13)\)/.test(text)) {
    return ctx.fail("PERMISSION_DENIED", "permission-denied", `${what}; check the rights of client.${info.user}`, { outcome: "none" });
  }
  if (/keyring|Operation not supported|\(95\)/i.test(text)) {
    return ctx.fail("FAILED_PRECONDITION", "keyring-missing", `${what}; there is no usable key for client.${info.user} on this host`, { outcome: "none", recovery: "operator" });
  }
  if (/timed out|connect|\(110\)/i.test(text)) {
    return ctx.fail("UNAVAILABLE", "backend-unreachable", `${what}; check that the monitors can be reached from this host`);
  }
  return ctx.fail("UNAVAILABLE", "attach-failed", what);
}
