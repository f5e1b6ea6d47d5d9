const hidden = "[secret]";

/**
 * What makes a name one of a secret, with what may follow in the name. What stands before does not matter; `key` alone counts, as
 * in `cephx.key`, but not in `monkey`. Bounded, so that no text of others makes the search slow.
 */
const secretName =
  "(?:password|passwd|passphrase|secret|token|credential|chap|authorization|(?:auth|api|access|private)_?key)[\\w.-]{0,40}" +
  "|(?<![A-Za-z0-9])key";

/** Whether the value under a key of this name is not for people's eyes. */
export const isSecretName = (name: string): boolean => new RegExp(`(?:${secretName})$`, "i").test(name);

/**
 * A name, a separator and what follows. Rather too much is hidden than too little: an unquoted value ends with its line
 * or list item, and one that opens a bracket or an escaped quote takes all the rest.
 */
const named = new RegExp(
  `((?:${secretName})\\\\{0,9}["']?\\s{0,9}[:=]\\s{0,9})` + `("(?:[^"\\\\]|\\\\.)*"?|'[^']*'?|[[{\\\\][\\s\\S]*|[^\\n,;}&]+)`,
  "gi",
);

/**
 * Hides what looks like a secret in text that somebody else wrote: values of keys and options with telling names, users and
 * passwords in URLs, authorisation headers, Ceph keys and Keystone tokens.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(named, `$1${hidden}`)
    .replace(new RegExp(`(--[\\w-]{0,40}?(?:${secretName})\\s{1,9})\\S+`, "gi"), `$1${hidden}`)
    .replace(/(:\/\/)[^\s/@]+@/g, `$1${hidden}@`)
    .replace(/\b(Bearer|Basic)\s+\S+/gi, `$1 ${hidden}`)
    .replace(/\bAQ[A-Za-z0-9+/]{36}==/g, hidden)
    .replace(/\bgAAAA[\w-]{20,}={0,2}/g, hidden);
}

/** How much of a text is looked at: enough for a sentence, and bounded for a listing of megabytes. */
const lookedAt = 2000;

/** The beginning of a text, at most 80 characters of it, in quotes and without what looks like a secret. */
export function quoteStart(text: string): string {
  const masked = maskSecrets(text.slice(0, lookedAt));
  const start = masked.slice(0, 80);
  return JSON.stringify(start) + (start.length < masked.length || text.length > lookedAt ? "..." : "");
}
