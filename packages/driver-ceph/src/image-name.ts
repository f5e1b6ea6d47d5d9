import { createHash } from "node:crypto";

/** Begins the image names that carry the caller's name in readable form. */
const readablePrefix = "opensds.";
/** Begins the image names that carry a SHA-256 of the caller's name, because the readable form would be too long. */
const hashedPrefix = "opensds~";

/** RBD's own limit for names that every one of its tools takes. */
const imageNameLimit = 96;

/**
 * The image name of a caller's volume name: the same on every host, so that RBD's directory, which holds a name once,
 * is the register of names. Letters, digits, `_`, `-` and `.` stand for themselves, every other byte is `~` and two
 * hexadecimal digits; where that is longer than 96 bytes it is a SHA-256 behind another prefix. Different names never
 * give the same readable form; the request cell holds the name itself, so that a collision of hashes would be noticed.
 */
export function imageNameOf(volumeName: string): string {
  const bytes = Buffer.from(volumeName, "utf8");
  let readable = readablePrefix;
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    readable += /[A-Za-z0-9_.-]/.test(character) ? character : `~${byte.toString(16).padStart(2, "0")}`;
  }
  if (readable.length <= imageNameLimit) return readable;
  return hashedPrefix + createHash("sha256").update(bytes).digest("hex");
}

/** What the names of this driver's images begin with. */
export const ourPrefixes: readonly string[] = [readablePrefix, hashedPrefix];

/** Whether an image's name is of the kind that this driver gives. */
export const isOurImageName = (imageName: string): boolean =>
  ourPrefixes.some((prefix) => imageName.startsWith(prefix));
