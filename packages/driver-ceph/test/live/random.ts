import { createHash } from "node:crypto";

/**
 * Numbers from 0 to 1 that a run repeats when it is given the same SB_SEED. Printed where a test uses it, so that a failure can be
 * had again.
 */
export function randomOf(what: string): () => number {
  const seed = process.env["SB_SEED"] ?? String(Date.now());
  console.log(`${what}: again with SB_SEED=${seed}`);
  let count = 0;
  return () => {
    count += 1;
    const digest = createHash("sha256").update(`${seed} ${what} ${count}`).digest();
    return digest.readUInt32LE(0) / 2 ** 32;
  };
}
