/** For so long at the most: an OSD that is near has answered by then. */
const lookOutMs = 0.4;
/** After a wait in vain the next ones are left out: one, three, seven, up to so many. */
const mostLeftOut = 63;

/**
 * Looks for something that is about to happen again and again, and lets others have the processor in between; tells whether it happened. To wake a
 * thread, and that thread the event loop, takes a fifth of a read of one volume. Where it does not happen so soon, as in a cluster that is far away,
 * it looks more and more rarely: a processor is not to be kept busy for nothing.
 */
export function openLookingOut(yieldProcessor: () => unknown): (hasHappened: () => boolean) => boolean {
  let inVain = 0;
  let leftOut = 0;
  return (hasHappened) => {
    if (leftOut > 0) {
      leftOut -= 1;
      return false;
    }
    for (const until = performance.now() + lookOutMs; performance.now() < until; yieldProcessor()) {
      if (!hasHappened()) continue;
      inVain = 0;
      return true;
    }
    inVain = Math.min(mostLeftOut, 2 * inVain + 1);
    leftOut = inVain;
    return false;
  };
}
