import type { RbdEncryptionFormat } from "@opensds/core";
import * as v from "valibot";
import type { Call } from "../call.js";
import { decodeEncryption, encodeEncryption, encryptionMetadata, type ImageEncryption } from "../records/encryption.js";
import type { RunCommand } from "./command.js";
import { CommandFailure, errno, unless } from "./command-failure.js";
import { decodeCephString, decodeHexDump, decodeJson, encodeCephString } from "./decode.js";
import { decodeLuks, luksHeaderBytes } from "./decode-luks.js";

/** Images that librbd encrypts. Fails with `CommandFailure`; ENOENT: no such image. */
export interface RbdEncryption {
  /**
   * Encrypts an image that holds nothing yet: writes LUKS's header, with a key that the passphrase in a file opens. The file holds the
   * passphrase and nothing else. ENOTSUP where this host's librbd has no encryption, or not for such an image.
   */
  format(call: Call, imageName: string, format: RbdEncryptionFormat, passphraseFile: string): Promise<void>;
  /** Reads the header of an image that was encrypted just now. */
  header(call: Call, imageName: string): Promise<ImageEncryption>;
  /** Gives an image that holds nothing but a header another size, also a smaller one. */
  resizeEmpty(call: Call, imageName: string, sizeBytes: number): Promise<void>;
  /** Writes into an image's metadata how it is encrypted. A header that is not there is made: verify afterwards. */
  record(call: Call, imageId: string, encryption: ImageEncryption): Promise<void>;
  /** What an image's metadata says; undefined for one that is not encrypted as far as anybody has recorded it. */
  recorded(call: Call, imageId: string): Promise<ImageEncryption | undefined>;
}

/** What `rbd info` tells of where an image's data is. */
const placeShape = v.object({ block_name_prefix: v.string(), data_pool: v.optional(v.string()), object_size: v.number() });

/** The omap key of the metadata in an image's header. */
const metadataKey = `metadata_${encryptionMetadata}`;

/** Makes the door to one pool and namespace. */
export function createRbdEncryption(run: RunCommand, pool: string, namespace: string): RbdEncryption {
  const inNamespace = namespace === "" ? [] : [`--namespace=${namespace}`];
  const where = [`--pool=${pool}`, ...inNamespace];
  return {
    format: async (call, imageName, format, passphraseFile) => {
      const args = [...where, `--image=${imageName}`, format, passphraseFile];
      await run(call, { tool: "rbd", words: ["encryption", "format"], args, changes: true, computes: true });
    },
    header: async (call, imageName) => {
      const text = await run(call, { tool: "rbd", words: ["info"], args: [...where, `--image=${imageName}`, "--format=json"], changes: false });
      const { block_name_prefix: prefix, data_pool: dataPool, object_size: objectSizeBytes } = decodeJson("rbd info", text, placeShape);
      const parts: Buffer[] = [];
      for (let number = 0; number * objectSizeBytes < luksHeaderBytes; number += 1) {
        const args = [`${prefix}.${number.toString(16).padStart(16, "0")}`, "-", `--pool=${dataPool ?? pool}`, ...inNamespace];
        parts.push(Buffer.from(await run(call, { tool: "rados", words: ["get"], args, changes: false, bytes: true }), "latin1"));
      }
      const found = decodeLuks(Buffer.concat(parts));
      if (found === undefined) throw new CommandFailure("rbd encryption format", undefined, `image ${imageName} has no header of LUKS that this driver knows`);
      return found;
    },
    resizeEmpty: async (call, imageName, sizeBytes) => {
      const args = [...where, `--image=${imageName}`, `--size=${sizeBytes}B`, "--allow-shrink", "--no-progress"];
      await run(call, { tool: "rbd", words: ["resize"], args, changes: true });
    },
    record: async (call, imageId, encryption) => {
      const input = encodeCephString(encodeEncryption(encryption));
      await run(call, { tool: "rados", words: ["setomapval"], args: [`rbd_header.${imageId}`, metadataKey, ...where], changes: true, input });
    },
    recorded: async (call, imageId) => {
      try {
        const args = [`rbd_header.${imageId}`, metadataKey, ...where];
        const text = await unless([errno.ENOENT], run(call, { tool: "rados", words: ["getomapval"], args, changes: false }));
        const value = text === undefined ? undefined : decodeCephString(decodeHexDump(text));
        return value === undefined ? undefined : decodeEncryption(value);
      } catch (thrown) {
        // A missing key has no error number of its own.
        if (thrown instanceof CommandFailure && thrown.errno === undefined && thrown.exitedWith === 1) return undefined;
        throw thrown;
      }
    },
  };
}
