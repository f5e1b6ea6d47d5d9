import { requireFacets, supports, SouthboundError, suggest, type Pool } from "@opensds/core";
import { onBackend, type Command } from "../command.js";
import { gather } from "../each-backend.js";
import type { Column } from "../output.js";
import { amountText, sizeText } from "../words.js";

interface Row extends Pool {
  readonly backend: string;
}

const columns: readonly Column<Row>[] = [
  { heading: "BACKEND", cell: ({ backend }) => backend },
  { heading: "NAME", cell: ({ name }) => name },
  { heading: "TOTAL", cell: ({ total }) => amountText(total) },
  { heading: "FREE", cell: ({ free }) => amountText(free) },
  { heading: "PROVISIONED", cell: ({ provisioned }) => amountText(provisioned) },
  { heading: "TRASH", cell: ({ trash }) => amountText(trash) },
  {
    heading: "QUOTA",
    cell: ({ quota }) => (quota === undefined ? undefined : `${quota.name}: ${sizeText(quota.usedBytes)} of ${sizeText(quota.limitBytes)}`),
  },
];

/** Pools and what is left in them. */
export const poolCommands: readonly Command[] = [
  {
    path: ["pool", "ls"],
    summary: "list pools with what they hold and what is free",
    run: async (ctx) => {
      const single = (await ctx.target.all()).length === 1;
      const { found, exitCode } = await gather(ctx, async (driver): Promise<readonly Row[]> => {
        if (!single && !supports(driver, "pools")) return [];
        const pools = await requireFacets(driver, "pools").pools.listPools(ctx.call);
        return pools.map((pool) => ({ backend: driver.backend, ...pool }));
      });
      ctx.output.list(found, columns, "no pools");
      return exitCode;
    },
  },
  onBackend({
    path: ["pool", "show"],
    summary: "show one pool",
    arguments: [{ name: "POOL" }],
    run: async (driver, ctx) => {
      const pools = await requireFacets(driver, "pools").pools.listPools(ctx.call);
      const name = ctx.argument("POOL");
      const pool = pools.find((one) => one.name === name);
      if (pool === undefined) {
        const message = `there is no pool ${JSON.stringify(name)}; ${suggest(name, pools.map((one) => one.name))}`;
        throw new SouthboundError("NOT_FOUND", "pool-not-found", message, { backend: driver.backend, recovery: "fix-request", outcome: "none" });
      }
      const row = { backend: driver.backend, ...pool };
      ctx.output.one(row, columns.map(({ heading, cell }) => [heading.toLowerCase(), cell(row)]));
      return undefined;
    },
  }),
];
