import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { SouthboundError } from "../errors/southbound-error.js";
import type { RbdConnectionInfo, RbdEncryptionFormat } from "../model/connection.js";
import { readPassphraseFile } from "./passphrase-file.js";

/** How a program that opens an encrypted image is told of it. */
export interface EncryptionFiles {
  readonly format: RbdEncryptionFormat;
  /** Holds the passphrase, and nothing behind it: programs differ in what they make of a line end. */
  readonly passphraseFile: string;
}

const passphraseName = "passphrase";
const headerName = "header-bytes";

/**
 * Reads the passphrase of an encrypted image; undefined for an image that is not encrypted. Without one nothing is begun:
 * FAILED_PRECONDITION `encryption-key-missing`.
 */
export async function readPassphrase({ image, encryption }: RbdConnectionInfo, ctx: CallContext): Promise<Uint8Array | undefined> {
  if (encryption === undefined) return undefined;
  const fail = (what: string, cause?: unknown): SouthboundError =>
    ctx.fail("FAILED_PRECONDITION", "encryption-key-missing", `image ${image} is encrypted, and ${what}`, { outcome: "none", recovery: "operator", cause });
  const { passphraseFile } = encryption;
  if (passphraseFile === undefined) throw fail("this backend has no passphrase for it; set `encryption` in the backends file");
  const found = await readPassphraseFile(passphraseFile);
  if ("passphrase" in found) return found.passphrase;
  throw fail(found.why, found.cause);
}

/** Writes what belongs to an encrypted image into its directory, readable by root only; undefined for one that is not encrypted. */
export async function writeEncryptionFiles(
  directory: string,
  { encryption }: RbdConnectionInfo,
  passphrase: Uint8Array | undefined,
): Promise<EncryptionFiles | undefined> {
  if (encryption === undefined || passphrase === undefined) return undefined;
  const passphraseFile = join(directory, passphraseName);
  await writeFile(passphraseFile, passphrase, { mode: 0o600 });
  await writeFile(join(directory, headerName), String(encryption.headerBytes));
  return { format: encryption.format, passphraseFile };
}

/** Takes the passphrase away again: whoever has opened the image needs it no more. */
export const forgetPassphrase = (directory: string): Promise<void> => rm(join(directory, passphraseName), { force: true });

/** How many bytes of the image whose directory this is are no part of its device. */
export async function readHeaderBytes(directory: string): Promise<number> {
  const text = await readFile(join(directory, headerName), "utf8").catch(() => "0");
  return Number(text);
}

/** That a program could not unlock an image; undefined when it complains of something else. */
export function encryptionFailure({ encryption }: RbdConnectionInfo, what: string, text: string, ctx: CallContext): SouthboundError | undefined {
  if (encryption === undefined || !/encryption load fail|failed to load encryption/i.test(text)) return undefined;
  const message = `${what}; the passphrase in ${encryption.passphraseFile ?? "the backends file"} is not the one that the image was made with, or the image's LUKS header is damaged`;
  return ctx.fail("FAILED_PRECONDITION", "encryption-key-wrong", message, { outcome: "none", recovery: "operator" });
}
