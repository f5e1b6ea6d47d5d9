/** The known name closest to a mistyped one, if one is close: at most a third of its letters differ. */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.floor(Math.max(wrong.length, 3) / 3) + 1;
  for (const name of known) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Words a list of names, and the nearest of them to a wrong one. */
export function suggest(wrong: string, known: readonly string[]): string {
  const close = nearest(wrong, known);
  const list = known.length === 0 ? "none" : known.join(", ");
  return close === undefined ? `known: ${list}` : `did you mean ${JSON.stringify(close)}? Known: ${list}`;
}

/** Levenshtein's distance: letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
