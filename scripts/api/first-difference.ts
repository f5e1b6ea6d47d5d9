/** The first lines in which two texts differ, in words. */
export function firstDifference(known: string, now: string): string {
  const [before, after] = [known.split("\n"), now.split("\n")];
  const at = after.findIndex((line, index) => line !== before[index]);
  const index = at < 0 ? after.length : at;
  return `line ${index + 1}:\n  - ${before[index] ?? "(the end)"}\n  + ${after[index] ?? "(the end)"}`;
}
