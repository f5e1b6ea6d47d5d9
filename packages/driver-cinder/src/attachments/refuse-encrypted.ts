import type { Call } from "../call.js";
import type { CinderVolume } from "../transport/shapes.js";

/**
 * Fails for a volume that Cinder encrypts by its type: what a host would get is ciphertext, and the key is with Cinder's key manager. Before
 * anything is reserved, so that nobody makes a file system over it.
 */
export function refuseEncrypted({ ctx }: Call<"connectVolume">, { id, encrypted, volume_type: type }: CinderVolume): void {
  if (!encrypted) return;
  const message = `volume ${id} is encrypted by its type ${type ?? ""}, and this driver's hosts have no key for it; use a volume of a type without encryption`;
  throw ctx.fail("FAILED_PRECONDITION", "no-attach-method", message, { resource: id, outcome: "none", recovery: "operator", details: { volumeType: type } });
}
