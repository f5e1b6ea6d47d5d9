import { escapeXml } from "../junit.js";

/** A piece of the page. Texts that are put into one are escaped unless they are pieces themselves. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | undefined | false | Markup | readonly Markup[];

const isPieces = (part: Part): part is readonly Markup[] => Array.isArray(part);

/** Writes a piece of the page: `html` before a template literal. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const written = parts.map((part) => {
    if (part === undefined || part === false) return "";
    if (typeof part === "string" || typeof part === "number") return escapeXml(String(part));
    return isPieces(part) ? part.map(({ markup }) => markup).join("") : part.markup;
  });
  return { markup: texts.map((text, index) => `${text}${written[index] ?? ""}`).join("") };
}

/** A text that is markup already. */
export const raw = (markup: string): Markup => ({ markup });
