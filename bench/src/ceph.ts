import { openBackends, requireFacets } from "@opensds/core";
import { ceph } from "@opensds/driver-ceph";
import { benchAttach } from "./ceph-attach.js";
import { quickAmounts, realAmounts, type CephBench } from "./ceph-bench.js";
import { benchCreate, benchCreatesInFlight, fillAll } from "./ceph-create.js";
import { benchDelete, benchDrain } from "./ceph-delete.js";
import { benchGet } from "./ceph-get.js";
import { benchList } from "./ceph-list.js";
import { openLibrbd, openRbd } from "./ceph-peers.js";
import { openPlace } from "./ceph-place.js";
import { warmUp } from "./ceph-warm-up.js";
import type { BenchRow } from "./row.js";

/**
 * driver-ceph over the native transport, against librbd's own binding in a warm process and Ceph's commands, as one
 * least-privilege user, in a pool of its own.
 */
export async function benchCeph(quick: boolean, only: readonly string[] = []): Promise<readonly BenchRow[]> {
  const place = await openPlace();
  try {
    const librbd = await openLibrbd(place);
    const { conf, user, keyring, pool } = place;
    const element = { conf, user, keyring, pool, attach: ["fuse-loop"] } as const;
    const backends = await openBackends(
      { backends: { native: { ceph_driver: { ...element, transport: "native" } }, cli: { ceph_driver: { ...element, transport: "cli" } } } },
      { drivers: [ceph] },
    );
    const other = backends.get("cli");
    try {
      await backends.get("native").setup();
      await other.setup();
      const driver = requireFacets(backends.get("native"), "reconciliation");
      const amounts = quick ? quickAmounts : realAmounts;
      return await benchAll({ amounts, place, driver, other, librbd, rbd: openRbd(place) }, only);
    } finally {
      await backends.unset();
      await librbd.close();
    }
  } finally {
    await place.remove();
  }
}

/** In an order in which each figure leaves for the next what it needs. */
const figures: Readonly<Record<string, (bench: CephBench) => Promise<readonly BenchRow[]>>> = {
  create: benchCreate,
  get: benchGet,
  delete: benchDelete,
  flight: benchCreatesInFlight,
  drain: benchDrain,
  attach: benchAttach,
  list: benchList,
};

/** What figures can be asked for. */
export const cephFigures: readonly string[] = Object.keys(figures);

async function benchAll(bench: CephBench, only: readonly string[]): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  await warmUp(bench);
  const isWanted = (name: string): boolean => only.length === 0 || only.includes(name);
  if (!isWanted("create") && (isWanted("get") || isWanted("delete"))) await fillAll(bench);
  for (const [name, measure] of Object.entries(figures)) if (isWanted(name)) rows.push(...(await measure(bench)));
  return rows;
}
