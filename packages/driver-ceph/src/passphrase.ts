import { readFile } from "node:fs/promises";
import type { CallContext, SouthboundError } from "@opensds/core";
import type { CephEncryption } from "./config.js";
import { writeNamelessFile } from "./nameless-file.js";

/**
 * Lets a program read the passphrase: from a file without a name that holds it and nothing else, because programs differ in what they make
 * of a line end. Read anew each time: hosts that attach read what the file holds then, too.
 */
export async function withPassphrase<Value>(encryption: CephEncryption, ctx: CallContext, work: (path: string) => Promise<Value>): Promise<Value> {
  const { path, handle } = await writeNamelessFile(await readPassphrase(encryption, ctx));
  try {
    return await work(path);
  } finally {
    await handle.close();
  }
}

/** The passphrase that new volumes get. FAILED_PRECONDITION `encryption-key-missing` where there is none. */
export async function readPassphrase({ passphraseFile }: CephEncryption, ctx: CallContext): Promise<Uint8Array> {
  const fail = (what: string, cause?: unknown): SouthboundError => {
    const message = `${what}; \`encryption\` in the backends file names the file that holds the passphrase of new volumes`;
    return ctx.fail("FAILED_PRECONDITION", "encryption-key-missing", message, { outcome: "none", recovery: "operator", resource: passphraseFile, cause });
  };
  const content = await readFile(passphraseFile).catch((cause: unknown) => {
    throw fail(`${passphraseFile} cannot be read`, cause);
  });
  let end = content.length;
  while (end > 0 && (content[end - 1] === 0x0a || content[end - 1] === 0x0d)) end -= 1;
  const passphrase = content.subarray(0, end);
  if (passphrase.length === 0) throw fail(`${passphraseFile} is empty`);
  // Those who attach hand it on as a string of C.
  if (passphrase.includes(0)) throw fail(`${passphraseFile} holds a NUL, which no passphrase can have`);
  return passphrase;
}
