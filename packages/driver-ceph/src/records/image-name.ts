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

/** The caller's name that a readable image name was made of; undefined for a hash and for a name of another kind. */
export function callerNameIn(imageName: string): string | undefined {
  if (!imageName.startsWith(readablePrefix)) return undefined;
  const bytes: number[] = [];
  for (const [part] of imageName.slice(readablePrefix.length).matchAll(/~[0-9a-f]{2}|[^]/g)) {
    bytes.push(part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0));
  }
  const name = Buffer.from(bytes).toString("utf8");
  return imageNameOf(name) === imageName ? name : undefined;
}

/** The SHA-256 that an image name carries in place of a long caller's name, in hexadecimal; undefined where it carries none. */
export const hashIn = (imageName: string): string | undefined => (imageName.startsWith(hashedPrefix) ? imageName.slice(hashedPrefix.length) : undefined);

/** What the names of this driver's images begin with. */
export const ourPrefixes: readonly string[] = [readablePrefix, hashedPrefix];

/** Whether an image's name is of the kind that this driver gives. */
export const isOurImageName = (imageName: string): boolean =>
  ourPrefixes.some((prefix) => imageName.startsWith(prefix));
