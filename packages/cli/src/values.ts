import { GiB, KiB, MiB, TiB } from "@opensds/core";
import { UsageError } from "./usage-error.js";

const sizeUnits: Readonly<Record<string, number>> = { B: 1, KiB, MiB, GiB, TiB, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** Reads `10GiB`, `1.5 TiB`, `4096`; whole bytes. `10G` is refused: it means one thing to `dd` and another to a disk's maker. */
export function parseSize(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text.trim());
  const unit = match?.[2] === "" ? 1 : sizeUnits[match?.[2] ?? ""];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  const units = Object.keys(sizeUnits).join(", ");
  throw new UsageError(`--${option} is ${JSON.stringify(text)}; give whole bytes above 0, such as 10GiB; units: ${units}`);
}

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads `30s`, `2m`, `500ms` as milliseconds. */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  const ms = Number(match?.[1]) * (durationUnits[match?.[2] ?? ""] ?? Number.NaN);
  if (Number.isSafeInteger(ms) && ms > 0) return ms;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}; give a time such as 30s, 2m or 500ms`);
}

/** Reads `KEY=VALUE`s. */
export function parsePairs(texts: readonly string[], option: string): Readonly<Record<string, string>> {
  const pairs = texts.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--${option} is ${JSON.stringify(text)}; give NAME=VALUE`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const twice = pairs.find(([key], index) => pairs.findIndex(([other]) => other === key) !== index);
  if (twice !== undefined) throw new UsageError(`--${option} gives ${twice[0]} twice`);
  return Object.fromEntries(pairs);
}
