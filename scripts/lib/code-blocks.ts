/** A block of code in a page. */
export interface CodeBlock {
  /** `ts`, `js`, `yaml`, `sh`; empty for a drawing or what a program printed. */
  readonly language: string;
  readonly code: string;
  /** Where its code begins in the page, counted from 1. */
  readonly line: number;
  /** What the page wants known before it: the `<!-- code: ... -->` comments between the block before and this one. */
  readonly context: readonly string[];
}

/**
 * The blocks of a Markdown page. A comment that begins with `code:` is what the block below it builds on, but does not show: imports,
 * `declare const driver: VolumeDriver`.
 */
export function codeBlocks(page: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let context: string[] = [];
  const pattern = /<!--\s*code:\s*([\s\S]*?)-->|^(?<indent> *)```(?<language>[\w-]*)[^\n]*\n(?<code>[\s\S]*?)^\k<indent>```/gm;
  for (const match of page.matchAll(pattern)) {
    const { language, code, indent } = match.groups ?? {};
    if (match[1] !== undefined) context.push(match[1]);
    else {
      const line = page.slice(0, match.index).split("\n").length + 1;
      blocks.push({ language: language ?? "", code: (code ?? "").replaceAll(new RegExp(`^${indent ?? ""}`, "gm"), ""), line, context });
      context = [];
    }
  }
  return blocks;
}
