// pnpm bench [--area core|ceph|cinder] [--only FIGURE] [--quick] [--json FILE]: every figure, side by side with its peer, in one run; `--quick`:
// a sample. `--only`, with `--area ceph`, takes some of that area's figures: for looking at one change.
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { benchCeph, cephFigures } from "./ceph.js";
import { benchCinder } from "./cinder.js";
import { benchCore } from "./core.js";
import type { BenchRow } from "./row.js";

type Area = BenchRow["area"];
const areas: Readonly<Record<Area, (quick: boolean, only: readonly string[]) => Promise<readonly BenchRow[]>>> = { core: benchCore, ceph: benchCeph, cinder: benchCinder };
const isArea = (name: string): name is Area => name in areas;

const { values } = parseArgs({
  options: { area: { type: "string", multiple: true }, only: { type: "string", multiple: true }, json: { type: "string" }, quick: { type: "boolean" } },
});
const only = values.only ?? [];
const wanted = values.area ?? Object.keys(areas);
const unknown = wanted.filter((name) => !isArea(name));
if (unknown.length > 0) {
  console.error(`there is no area ${unknown.join(", ")}; choose from ${Object.keys(areas).join(", ")}`);
  process.exitCode = 2;
} else if (only.length > 0 && (wanted.join() !== "ceph" || only.some((name) => !cephFigures.includes(name)))) {
  console.error(`--only goes with --area ceph, and takes ${cephFigures.join(", ")}`);
  process.exitCode = 2;
} else {
  const rows: BenchRow[] = [];
  for (const area of wanted.filter(isArea)) {
    console.error(`measuring ${area} ...`);
    rows.push(...(await areas[area](values.quick ?? false, only)));
  }
  const json = `${JSON.stringify(rows, null, 2)}\n`;
  if (values.json === undefined) console.log(json.trimEnd());
  else await writeFile(values.json, json);
  for (const row of rows) {
    const figures = `${row.ours.toFixed(1)} ${row.unit} against ${row.peer.toFixed(1)} ${row.unit}`;
    console.error(`${row.area}  ${row.case}: ${figures} (${row.peerName}), ratio ${row.ratio.toFixed(3)}${verdict(row)}`);
  }
}

function verdict({ ratio, target }: BenchRow): string {
  if (target === undefined) return "";
  return ` (target ${target.toFixed(3)}: ${ratio <= target ? "met" : "MISSED"})`;
}
