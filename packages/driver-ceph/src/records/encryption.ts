import type { RbdEncryptionFormat } from "@opensds/core";
import * as v from "valibot";

export const encryptionFormats = ["luks1", "luks2"] as const satisfies readonly RbdEncryptionFormat[];

/** How an image is encrypted, as its volume's request cell and its own metadata hold it. */
export const encryptionShape = v.object({
  format: v.picklist(encryptionFormats),
  /** Bytes at its beginning that are LUKS's own: the volume's come behind them. */
  headerBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});
export type ImageEncryption = v.InferOutput<typeof encryptionShape>;

/** What knows whether an image is encrypted. */
export interface MaybeEncrypted {
  readonly encryption?: ImageEncryption | undefined;
}

const headerOf = ({ encryption }: MaybeEncrypted): number => encryption?.headerBytes ?? 0;

/** The size of a volume whose image has this size. */
export const volumeBytes = (imageBytes: number, of: MaybeEncrypted): number => imageBytes - headerOf(of);

/** The size of the image of a volume of this size. */
export const imageBytes = (sizeBytes: number, of: MaybeEncrypted): number => sizeBytes + headerOf(of);

/** The least that LUKS takes for its header with librbd's keys of 512 bits. */
const leastHeaderBytes: Readonly<Record<RbdEncryptionFormat, number>> = { luks1: 2_068_480, luks2: 16_777_216 };

/** What a header will take, to all that is known: librbd lets the data begin at a whole object. What it took is read from the image. */
export const expectedHeaderBytes = (format: RbdEncryptionFormat, objectSizeBytes: number): number =>
  Math.ceil(leastHeaderBytes[format] / objectSizeBytes) * objectSizeBytes;

/** The image metadata that says how an image is encrypted. It goes along where cells do not: into clones, and to other tools and back. */
export const encryptionMetadata = "opensds.encryption";

export const encodeEncryption = (encryption: ImageEncryption): string => JSON.stringify({ v: 1, ...encryption });

/** Undefined for what is no such text. */
export function decodeEncryption(text: string): ImageEncryption | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.intersect([v.object({ v: v.literal(1) }), encryptionShape])), text);
  return parsed.success ? { format: parsed.output.format, headerBytes: parsed.output.headerBytes } : undefined;
}
