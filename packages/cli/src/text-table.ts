type Cell = string | number | undefined;

/** Lays rows out in columns; numbers stand at the right, what is not there is a dash. */
export function textTable(header: readonly string[] | undefined, rows: readonly (readonly Cell[])[]): string {
  const lines = [...(header === undefined ? [] : [header]), ...rows.map((row) => row.map(cellText))];
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...lines.map((line) => width(line[column] ?? ""))));
  const isNumeric = widths.map((_, column) => rows.length > 0 && rows.every((row) => row[column] === undefined || typeof row[column] === "number"));
  return lines
    .map((line) =>
      line
        .map((text, column) => {
          const padding = " ".repeat((widths[column] ?? 0) - width(text));
          return isNumeric[column] === true ? padding + text : text + padding;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What other people chose must not steer the terminal: control characters show as their escapes, line ends included. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });

const cellText = (cell: Cell): string => (cell === undefined || cell === "" ? "-" : printable(String(cell)));

/** Columns on a terminal, near enough: wide characters of East Asia and emoji take two, marks none. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\u200d/u.test(character)) continue;
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(character) ? 2 : 1;
  }
  return columns;
}
