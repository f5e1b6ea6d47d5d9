import type { CallContext } from "@opensds/core";
import { readPassphraseFile } from "@opensds/core/host";
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
  const found = await readPassphraseFile(passphraseFile);
  if ("passphrase" in found) return found.passphrase;
  const message = `${found.why}; \`encryption\` in the backends file names the file that holds the passphrase of new volumes`;
  throw ctx.fail("FAILED_PRECONDITION", "encryption-key-missing", message, { outcome: "none", recovery: "operator", resource: passphraseFile, cause: found.cause });
}
