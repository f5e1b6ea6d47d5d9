/**
 * The exports, and the functions among their members, that no docstring explains in a report. One docstring is enough for all
 * overloads. Other members may speak for themselves: the report marks those that do, so that a new one is seen in review.
 */
export function undocumentedIn(report: string): readonly string[] {
  // A default export is declared first and exported by name after it.
  const exports = new Set([...report.matchAll(/^export \{ (\w+) \}$/gm)].map(([, name]) => name));
  const told = new Map<string, boolean>();
  const note = (name: string, documented: boolean): void => void told.set(name, documented || told.get(name) === true);
  let symbol: string | undefined;
  let documented = true;
  for (const line of report.split("\n")) {
    const [, word, declared] = /^(export )?(?:declare )?(?:abstract )?(?:function|const|class|interface|type|enum|namespace) (\w+)/.exec(line) ?? [];
    const exported = word !== undefined || exports.has(declared) ? declared : undefined;
    const member = /^ {4}(?:static )?(?:readonly )?("?[\w~]+"?)\??(?:<.*>)?\(/.exec(line)?.[1];
    if (/^\s*\/\/ .*\(undocumented\)/.test(line)) {
      documented = false;
      continue;
    }
    if (line.trimStart().startsWith("//")) continue;
    if (/^\S/.test(line)) symbol = exported ?? (/^[})]/.test(line) ? symbol : undefined);
    if (exported !== undefined) note(exported, documented);
    // A constructor is explained by its class.
    else if (member !== undefined && symbol !== undefined && member !== "constructor") note(`${symbol}.${member}`, documented);
    documented = true;
  }
  return [...told].flatMap(([name, known]) => (known ? [] : [name]));
}
