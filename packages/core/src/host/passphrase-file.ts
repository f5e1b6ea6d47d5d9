import { readFile } from "node:fs/promises";

/** A passphrase, or why a file gives none: words that begin with the file's path. */
export type PassphraseFile = { readonly passphrase: Uint8Array } | { readonly why: string; readonly cause?: unknown };

/**
 * Reads the passphrase that a file holds: its bytes, without line ends behind them, because a volume is opened with what it was made with and programs
 * differ in what they make of a line end. A file that holds nothing, or a NUL, which a string of C cannot have, gives none.
 */
export async function readPassphraseFile(path: string): Promise<PassphraseFile> {
  let content: Uint8Array;
  try {
    content = await readFile(path);
  } catch (cause) {
    return { why: `${path} cannot be read on this host`, cause };
  }
  let end = content.length;
  while (end > 0 && (content[end - 1] === 0x0a || content[end - 1] === 0x0d)) end -= 1;
  const passphrase = content.subarray(0, end);
  if (passphrase.length === 0) return { why: `${path} holds no passphrase` };
  if (passphrase.includes(0)) return { why: `${path} holds a NUL, which no passphrase can have` };
  return { passphrase };
}
