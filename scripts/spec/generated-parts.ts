/** Puts generated text between its markers: `<!-- generated: NAME -->` and `<!-- end of generated -->`. */
export function fillMarkers(text: string, parts: Readonly<Record<string, string>>): string {
  let filled = text;
  for (const [name, part] of Object.entries(parts)) {
    const begin = `<!-- generated: ${name} -->\n`;
    const end = "\n<!-- end of generated -->";
    const from = filled.indexOf(begin);
    const to = filled.indexOf(end, from);
    if (from === -1 || to === -1) throw new Error(`there is no place for the generated part ${name}`);
    filled = filled.slice(0, from + begin.length) + part + filled.slice(to);
  }
  return filled;
}
