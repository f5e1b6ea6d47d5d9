import type { VolumeDriver } from "@opensds/core";
import type { CommandContext } from "./command.js";
import { exitCodeOf } from "./exit-code.js";
import { explain } from "./explain.js";

/** What came of asking every backend: what was found, and the exit code of the first that failed. */
export interface Gathered<Item> {
  readonly found: readonly Item[];
  readonly exitCode: number | undefined;
}

/**
 * Asks every chosen backend, side by side. One that fails is told of and keeps the others from nothing. Where there is only one,
 * its failure is the command's.
 */
export async function gather<Item>(
  ctx: CommandContext,
  ask: (driver: VolumeDriver) => Promise<readonly Item[]>,
): Promise<Gathered<Item>> {
  const drivers = await ctx.target.all();
  const results = await Promise.allSettled(drivers.map(async (driver) => ask(await ctx.target.setUp(driver))));
  const found: Item[] = [];
  let exitCode: number | undefined;
  for (const result of results) {
    if (result.status === "fulfilled") found.push(...result.value);
    else if (drivers.length === 1) throw result.reason;
    else {
      ctx.output.note(`opensds: ${explain(result.reason)}`);
      exitCode ??= exitCodeOf(result.reason);
    }
  }
  return { found, exitCode };
}

/** Reads a list to its end. */
export async function readAll<Item>(listing: AsyncIterable<Item>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const item of listing) items.push(item);
  return items;
}
