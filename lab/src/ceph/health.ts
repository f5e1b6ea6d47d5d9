import { integerAt, objectAt, objectsAt, parseObject, stringAt } from "../json.js";
import { type LabPaths } from "../paths.js";
import { waitUntil } from "../wait.js";
import { ceph } from "./admin.js";

export interface PgSummary {
  readonly osdsUp: number;
  readonly pgs: number;
  /** How many placement groups are in each state, such as "active+clean". */
  readonly states: Readonly<Record<string, number>>;
}

export function parseStatus(text: string): PgSummary {
  const status = parseObject(text);
  const pgmap = objectAt(status, "pgmap");
  const states = objectsAt(pgmap, "pgs_by_state").map((entry): [string, number] => [
    stringAt(entry, "state_name") ?? "unknown",
    integerAt(entry, "count") ?? 0,
  ]);
  return {
    osdsUp: integerAt(objectAt(status, "osdmap"), "num_up_osds") ?? 0,
    pgs: integerAt(pgmap, "num_pgs") ?? 0,
    states: Object.fromEntries(states),
  };
}

export function isClean(summary: PgSummary, osds: number): boolean {
  return summary.osdsUp === osds && summary.pgs > 0 && summary.states["active+clean"] === summary.pgs;
}

export async function waitForCleanPgs(paths: LabPaths, osds: number, timeoutMs = 120_000): Promise<void> {
  let last: PgSummary | undefined;
  await waitUntil(
    async () => {
      last = parseStatus(await ceph(paths, ["status", "--format", "json"]));
      return isClean(last, osds);
    },
    { timeoutMs, everyMs: 250, what: () => `placement groups are not clean: ${JSON.stringify(last)}` },
  );
}
