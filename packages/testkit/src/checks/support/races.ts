import type { CheckContext } from "../../check-context.js";

/** So many races a thorough run makes of each kind. */
const mostRaces = 200;
/** Milliseconds after which another run goes on to other things. */
const enoughMs = 2_000;

/**
 * Races again and again: as often as fits into two seconds and `least` times in any case, 200 times in a thorough run. Says how often.
 */
export async function races(ctx: CheckContext, least: number, race: (round: number) => Promise<void>): Promise<void> {
  const beganMs = performance.now();
  let round = 0;
  while (round < mostRaces && (ctx.thorough || round < least || performance.now() - beganMs < enoughMs)) {
    round += 1;
    await race(round);
  }
  ctx.note(`${round} races`);
}
