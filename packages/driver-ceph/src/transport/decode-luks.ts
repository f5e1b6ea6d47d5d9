import * as v from "valibot";
import type { ImageEncryption } from "../records/encryption.js";

/** Of the beginning of an image, enough to tell: the whole first header of LUKS 2, with its description in JSON. */
export const luksHeaderBytes = 16 * 1024;

const magic = Buffer.from([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe]);
const sectorBytes = 512;
const jsonBegins = 4_096;

const description = v.object({ segments: v.record(v.string(), v.object({ offset: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number)) })) });

/** What the beginning of an image says of its encryption; undefined where that is no header of LUKS that this knows. */
export function decodeLuks(bytes: Buffer): ImageEncryption | undefined {
  if (bytes.length < jsonBegins || !bytes.subarray(0, magic.length).equals(magic)) return undefined;
  const version = bytes.readUInt16BE(6);
  if (version === 1) return { format: "luks1", headerBytes: bytes.readUInt32BE(104) * sectorBytes };
  if (version !== 2) return undefined;
  const end = bytes.indexOf(0, jsonBegins);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), description), bytes.toString("utf8", jsonBegins, end === -1 ? bytes.length : end));
  const offset = parsed.success ? parsed.output.segments["0"]?.offset : undefined;
  return offset === undefined ? undefined : { format: "luks2", headerBytes: offset };
}
