import { execa } from "execa";
import { interleave } from "./interleave.js";
import { labCeph } from "./lab.js";
import { toRow, type BenchRow } from "./row.js";

/** The second Node version that figures are taken on; npm brings it. */
const otherNode = "24.21.0";

/** What core itself costs: the guard, its memory, its import. */
export async function benchCore(): Promise<readonly BenchRow[]> {
  const here = await guardRows([process.execPath]);
  const there = await guardRows(["npm", "exec", "--yes", `--package=node@${otherNode}`, "--", "node"]);
  return [...here, ...there, await importRow()];
}

async function guardRows([command, ...first]: readonly string[]): Promise<readonly BenchRow[]> {
  if (command === undefined) return [];
  const lab = await labCeph();
  const args = [...first, "--expose-gc", "--import", "tsx", "bench/src/core-guard.ts", lab.backendsFile, "ceph", lab.version ?? "unknown"];
  const { stdout } = await execa(command, args, { preferLocal: false });
  const rows: unknown = JSON.parse(stdout.slice(stdout.indexOf("[")));
  return Array.isArray(rows) ? rows.filter(isRow) : [];
}

/** Loading `@opensds/core` against a Node that loads nothing. */
async function importRow(): Promise<BenchRow> {
  const node = (script: string): Promise<unknown> => execa(process.execPath, ["--input-type=module", "-e", script]);
  const load = (): Promise<unknown> => node('await import("@opensds/core")');
  const nothing = (): Promise<unknown> => node("0");
  await interleave({ rounds: 1, perRound: 3 }, load, nothing);
  // One of each in turn, twenty times.
  const rounds = await interleave({ rounds: 20, perRound: 1 }, load, nothing);
  const flat = { ours: [rounds.ours.flat()], peer: [rounds.peer.flat()] };
  return toRow({ area: "core", case: 'import("@opensds/core")', peerName: "node -e 0", peerVersion: process.version, unit: "ms", target: 1.5 }, flat);
}

const isRow = (value: unknown): value is BenchRow => typeof value === "object" && value !== null && "ratio" in value;
