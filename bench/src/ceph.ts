import { openBackends, requireFacets } from "@opensds/core";
import { ceph } from "@opensds/driver-ceph";
import { benchAttach } from "./ceph-attach.js";
import { quickAmounts, realAmounts, type CephBench } from "./ceph-bench.js";
import { benchCreate, benchCreatesInFlight } from "./ceph-create.js";
import { benchDelete, benchDrain } from "./ceph-delete.js";
import { benchGet } from "./ceph-get.js";
import { benchList } from "./ceph-list.js";
import { openLibrbd, openRbd } from "./ceph-peers.js";
import { openPlace } from "./ceph-place.js";
import type { BenchRow } from "./row.js";

/**
 * driver-ceph over the native transport, against librbd's own binding in a warm process and Ceph's commands, as one
 * least-privilege user, in a pool of its own.
 */
export async function benchCeph(quick: boolean): Promise<readonly BenchRow[]> {
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
      return await benchAll({ amounts, place, driver, other, librbd, rbd: openRbd(place) });
    } finally {
      await backends.unset();
      await librbd.close();
    }
  } finally {
    await place.remove();
  }
}

/** In an order in which each figure leaves for the next what it needs. */
async function benchAll(bench: CephBench): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const measure of [benchCreate, benchGet, benchDelete, benchCreatesInFlight, benchDrain, benchAttach, benchList]) {
    rows.push(...(await measure(bench)));
  }
  return rows;
}
