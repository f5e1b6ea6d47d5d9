import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { isOurs, snapshotsOf } from "../snapshots/find-snapshot.js";
import { imageNameOf } from "../records/image-name.js";
import type { Leftover } from "./leftover.js";
import { claimsIn, dropClaims, isOver, slots, type Claim } from "../records/name-register.js";
import type { Pool } from "../pool.js";

const atOnce = 4;
const register = "opensds.snapshot";

/** Claims on names whose snapshots are not there, and whose makers have surely ended. */
export async function nameLeftovers(pool: Pool, call: Call): Promise<readonly Leftover[]> {
  const claims = (await mapBounded(slots, atOnce, (slot) => claimsIn(pool, call, register, slot))).flat().filter(isOver);
  const images = [...new Set(claims.map(({ holder }) => holder))];
  const names = new Map(
    await mapBounded(images, atOnce, async (imageId): Promise<readonly [string, ReadonlySet<string>]> => {
      const ours = (await snapshotsOf(pool, call, imageId)).filter(isOurs);
      return [imageId, new Set(ours.map(({ name }) => name))];
    }),
  );
  const stale = claims.filter(({ holder, name }) => names.get(holder)?.has(imageNameOf(name)) !== true);
  return stale.map((claim: Claim) => ({
    kind: "stale-name",
    reference: claim.name,
    message: `the name is claimed for a snapshot of image ${claim.holder} that is not there`,
    action: "undo",
    mend: () => dropClaims(pool, call, register, [claim]),
  }));
}
