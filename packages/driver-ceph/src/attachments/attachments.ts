import { attachmentId, hostId, isReadOnlyMode, type Attachment, type Connection } from "@opensds/core";
import type { Call } from "../call.js";
import type { Pool } from "../pool.js";
import { cells, decodeAttachment } from "../records/cells.js";
import type { MaybeEncrypted } from "../records/encryption.js";
import { ourPrefixes } from "../records/image-name.js";
import { volumeIdOf } from "../records/volume-id.js";
import type { ImageGlance, ImagePage } from "../transport/images.js";
import type { Lock, Locker } from "../transport/rados.js";

/** Images that one look takes in when every volume's attachments are listed. */
const perLook = 1_000;

/** An image that somebody has. */
export interface AttachedImage {
  readonly imageId: string;
  readonly imageName: string;
  readonly attachments: readonly Attachment[];
  /** The holders of its attachment cell; two of one cookie are one attachment. */
  readonly lockers: readonly Locker[];
}

/** Every image that some host has. */
export async function listAllAttached(pool: Pool, call: Call): Promise<readonly AttachedImage[]> {
  const found: AttachedImage[] = [];
  let next: string | undefined = "";
  while (next !== undefined) {
    const page: ImagePage<ImageGlance> = await pool.images.glance.page(call, { prefixes: ourPrefixes, after: next, limit: perLook }, [cells.attachment]);
    for (const { info, cells: held } of page.views) {
      const lock = held.get(cells.attachment);
      if (lock === undefined) continue;
      found.push({ imageId: info.id, imageName: info.name, attachments: attachmentsIn(pool, info.id, lock), lockers: lock.lockers });
    }
    next = page.next;
  }
  return found;
}

/** The attachments that a lock holds, each once. */
export function attachmentsIn(pool: Pool, imageId: string, lock: Lock | undefined): readonly Attachment[] {
  const byId = new Map<string, Attachment>();
  for (const locker of lock?.lockers ?? []) {
    const { mode, connector, attachedAt } = decodeAttachment(locker);
    const host = hostId(connector.hostId);
    byId.set(locker.cookie, {
      id: attachmentId(locker.cookie),
      volumeId: volumeIdOf(pool.place, imageId),
      hostId: host,
      mode,
      connector: { ...connector, hostId: host },
      attachedAt,
    });
  }
  return [...byId.values()];
}

/** The hosts of the attachments that a lock holds, in order: RADOS tells them in none. */
export const hostsIn = (pool: Pool, imageId: string, lock: Lock | undefined): readonly string[] => attachmentsIn(pool, imageId, lock).map(({ hostId: host }) => host).sort();

/** The image of a volume that is attached. */
interface ConnectedImage extends MaybeEncrypted {
  readonly imageId: string;
  readonly imageName: string;
}

/** What a host needs to reach the image of its attachment. */
export function connectionOf(pool: Pool, attachment: Attachment, { imageId, imageName, encryption }: ConnectedImage): Connection {
  const { config, place, monitors } = pool;
  return {
    attachment,
    info: {
      protocol: "rbd",
      fsid: place.fsid,
      monitors,
      pool: config.pool,
      poolId: place.poolId,
      namespace: place.namespace,
      image: imageName,
      imageId,
      user: config.user,
      // What is written inline goes to the host as such: this process's files are not there.
      ...(config.monitors === undefined && { conf: config.conf }),
      ...(config.key !== undefined ? { key: config.key } : config.keyring !== undefined && { keyring: config.keyring }),
      ...(encryption !== undefined && {
        encryption: { ...encryption, ...(config.encryption !== undefined && { passphraseFile: config.encryption.passphraseFile }) },
      }),
      methods: config.attach,
      readOnly: isReadOnlyMode(attachment.mode),
    },
  };
}
