/** C0, DEL and C1. */
const controlCharacter = /\p{Cc}/u;

/** The most bytes of UTF-8 in a name, whatever a backend can do. */
export const maxNameBytes = 128;

/**
 * What is wrong with a volume's name, in words, or undefined (SB-NAME-1): 1 to 128 bytes of UTF-8, well formed, no control
 * characters.
 */
export function nameProblem(name: unknown, limitBytes = maxNameBytes): string | undefined {
  if (typeof name !== "string") return `a name is a string, not ${name === null ? "null" : typeof name}`;
  if (name.length === 0) return "the name is empty; give 1 to 128 bytes";
  if (controlCharacter.test(name)) return "the name holds a control character; leave out tabs, line ends and the like";
  if (hasLoneSurrogate(name)) return "the name is not well-formed Unicode (half of a surrogate pair)";
  const bytes = Buffer.byteLength(name, "utf8");
  if (bytes > limitBytes) return `the name has ${bytes} bytes in UTF-8; at most ${limitBytes} are allowed`;
  return undefined;
}

/** Half of a pair has no UTF-8 form, so it could not be stored or compared. */
function hasLoneSurrogate(text: string): boolean {
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}
