import { mapBounded, together } from "../bounded.js";
import type { Call } from "../call.js";
import { endImage, parentOf } from "../volumes/end-image.js";
import { snapshotsOf } from "../snapshots/find-snapshot.js";
import { requestOf } from "../volumes/get-volume.js";
import { isOurImageName } from "../records/image-name.js";
import type { Leftover } from "./leftover.js";
import type { Pool } from "../pool.js";
import type { TrashedImage } from "../transport/decode-trash.js";
import { errno, unless } from "../transport/command-failure.js";
import { waitUntil } from "../volumes/unfinished-image.js";

const atOnce = 4;
/** Younger ones are somebody's who is about to purge them. */
const purgedWithinMs = { native: 60_000, cli: 5_000 } as const;
/** How long a repair waits until what it had purged is gone. */
const goneWithinMs = 20_000;

/** What is left in RBD's trash: of deletes that were cut off, and volumes that somebody else put there. */
export async function trashLeftovers(pool: Pool, call: Call): Promise<readonly Leftover[]> {
  const now = Date.now();
  const old = (await pool.trash.list(call)).filter(
    ({ name, deletedAt }) => isOurImageName(name) && now - deletedAt.getTime() > purgedWithinMs[pool.transport.name],
  );
  return (await mapBounded(old, atOnce, (image) => leftover(pool, call, image))).filter((one) => one !== undefined);
}

async function leftover(pool: Pool, call: Call, { id, name, keptUntil }: TrashedImage): Promise<Leftover | undefined> {
  const [doomed, request, snapshots] = await together(pool.rados.isDoomed(call, id), requestOf(pool, call, id), snapshotsOf(pool, call, id));
  const reference = `${name} (${id})`;
  if (!doomed) {
    if (request === undefined) return remainder(pool, call, id, reference);
    const message = `volume ${JSON.stringify(request.name)} was put into RBD's trash by another tool, or an undelete was cut off: restore or purge it`;
    return { kind: "volume-in-trash", reference, message, action: "report" };
  }
  const isGivenUp = request === undefined;
  if (keptUntil !== undefined && !isGivenUp) return undefined;
  // Kept for the volumes that were cloned from it, and purged with the last of them.
  if (snapshots.some(({ kind }) => kind === "trash")) return undefined;
  return {
    kind: "unpurged-volume",
    reference,
    message: "a deleted volume that nobody has purged",
    action: "finish",
    mend: async () => {
      await endImage(pool, call, id, await parentOf(pool, call, id), isGivenUp);
      await waitUntil(call, goneWithinMs, async () => (await pool.trash.list(call)).every((image) => image.id !== id));
    },
  };
}

/** An entry whose image has no header any more: a purge that was killed near its end. What has one and is not ours stays. */
async function remainder(pool: Pool, call: Call, id: string, reference: string): Promise<Leftover | undefined> {
  if ((await unless([errno.ENOENT], pool.rbd.infoById(call, id))) !== undefined) return undefined;
  const message = "the last of a volume whose purge was cut off";
  return { kind: "unpurged-volume", reference, message, action: "finish", mend: () => pool.trash.purgeNow(call, id) };
}
