import type { Volume, VolumeDriver, VolumeId } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { inParallel } from "../run/in-parallel.js";
import { pause, timed } from "./support/held-driver.js";
import { readAllVolumes, readPage } from "./support/volumes.js";

/** Walking the list, page by page. */
export const listChecks: readonly Check[] = [
  {
    id: "LIST-1",
    family: "list",
    level: "basic",
    title: "A walk with pages of 1, 2, 3, 7 and more shows every volume once, while others are made and deleted",
    rules: ["SB-LIST-1"],
    run: async (ctx) => {
      const stay = await inParallel(Array.from({ length: 8 }), () => ctx.create("stays"));
      for (const pageSize of await pageSizes(ctx)) await walk(ctx, pageSize, stay);
    },
  },
  {
    id: "LIST-2",
    family: "list",
    level: "basic",
    title: "A token stays good after its volume was deleted and in a driver opened later, and a made-up one is refused",
    rules: ["SB-LIST-2", "SB-LIST-3"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumes = await inParallel(Array.from({ length: 6 }), () => ctx.create("token"));
      const ours = new Set(volumes.map(({ id }) => id));

      // The first page that ends in a volume of ours: its last row is what the token stands at.
      const seen = new Set<VolumeId>();
      let token: string | undefined;
      for await (const page of driver.listVolumes({ pageSize: 2 }).pages()) {
        for (const { id } of page.items) seen.add(id);
        token = page.nextToken;
        const last = page.items.at(-1);
        if (token === undefined || last === undefined || !ours.has(last.id)) continue;
        await driver.deleteVolume({ id: last.id });
        ours.delete(last.id);
        break;
      }
      if (token === undefined) return ctx.fail("a list of 6 volumes in pages of 2 has a token after one of them", [...seen]);

      const fresh = await ctx.open();
      for (const [how, reader] of [["the same driver", driver], ["a driver opened later", fresh]] as const) {
        const rest = await restOf(reader, token);
        const missing = volumes.filter(({ id }) => ours.has(id) && !seen.has(id) && !rest.includes(id));
        ctx.equal(missing.map(({ name }) => name), [], `volumes that the walk by ${how} from the token on missed`);
        const again = volumes.filter(({ id }) => seen.has(id) && rest.includes(id));
        ctx.equal(again.map(({ name }) => name), [], `volumes that the walk by ${how} from the token on showed again`);
      }

      for (const bad of ["no-such-token", "../x", `${token}x`.repeat(20)]) {
        const call = readPage(driver, 2, bad);
        const expected = { code: "ABORTED", reason: "bad-token", outcome: "none" } as const;
        await ctx.expectError(call, expected, `listVolumes with the token ${JSON.stringify(bad.slice(0, 40))}`);
      }
    },
  },
  {
    id: "LIST-3",
    family: "list",
    level: "basic",
    title: "A reader who takes longer than timeoutMs between two pages gets the next one: it bounds the fetching of a page only",
    rules: ["SB-LIST-4"],
    run: async (ctx) => {
      await ctx.create("first");
      await ctx.create("second");
      const { ms } = await timed(readPage(ctx.driver, 1));
      const timeoutMs = Math.ceil(Math.max(1_500, 5 * ms));
      let pages = 0;
      for await (const page of ctx.driver.listVolumes({ pageSize: 1 }, { timeoutMs }).pages()) {
        pages += 1;
        if (pages === 3 || page.nextToken === undefined) break;
        if (pages === 1) await pause(ctx, timeoutMs + 200);
      }
      ctx.ok(pages >= 2, "a reader who took longer than timeoutMs gets the next page", pages);
    },
  },
  {
    id: "LIST-4",
    family: "list",
    level: "full",
    title: "A token that a process got before it was killed is good in another process",
    rules: ["SB-LIST-2"],
    needs: ["processes"],
    run: async (ctx) => {
      // Three, so that two of them stand after any first page of one volume.
      await inParallel(Array.from({ length: 3 }), () => ctx.create("listed"));
      const worker = await ctx.worker();
      const { items: first, nextToken } = await worker.listPage({ pageSize: 1 });
      if (nextToken === undefined) return ctx.fail("a page of 1 of at least 3 volumes has a token", first);
      await worker.kill();
      // A page may be empty and not the last: of what a backend does not show.
      let next: Volume | undefined;
      for await (next of ctx.driver.listVolumes({ pageSize: 1, startToken: nextToken })) break;
      ctx.ok(next !== undefined && next.id !== first[0]?.id, "the token leads this process to another volume", { first, next });
    },
  },
];

/** One walk: between pages another volume is made or deleted. */
async function walk(ctx: CheckContext, pageSize: number, stay: readonly Volume[]): Promise<void> {
  const seen = new Map<VolumeId, number>();
  const passing: Volume[] = [];
  let pages = 0;
  for await (const page of ctx.driver.listVolumes({ pageSize }).pages()) {
    ctx.ok(page.items.length <= pageSize, `a page has at most ${pageSize} volumes`, page.items.length);
    for (const { id } of page.items) seen.set(id, (seen.get(id) ?? 0) + 1);
    pages += 1;
    if (pages > 3) continue;
    const gone = pages === 2 ? passing.shift() : undefined;
    if (gone === undefined) passing.push(await ctx.create("passes"));
    else await ctx.driver.deleteVolume({ id: gone.id });
  }
  const wrong = stay.filter(({ id }) => seen.get(id) !== 1).map(({ id, name }) => ({ name, shown: seen.get(id) ?? 0 }));
  ctx.equal(wrong, [], `volumes not shown exactly once by a walk with pages of ${pageSize}`);
  for (const { id } of passing) await ctx.driver.deleteVolume({ id });
}

/** Small pages, unless other people's volumes would make that thousands of pages. */
async function pageSizes(ctx: CheckContext): Promise<readonly number[]> {
  const total = (await readAllVolumes(ctx.driver)).length;
  const mostPages = 100;
  return [1, 2, 3, 7, total + 1].filter((size) => size <= 1000 && total / size <= mostPages);
}

async function restOf(driver: VolumeDriver, startToken: string): Promise<readonly VolumeId[]> {
  const ids: VolumeId[] = [];
  for await (const { id } of driver.listVolumes({ pageSize: 2, startToken })) ids.push(id);
  return ids;
}
