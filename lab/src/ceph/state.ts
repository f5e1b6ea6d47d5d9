import { readIfThere, writeFileAtomically } from "../files.js";
import { integerAt, objectAt, parseObject, stringAt } from "../json.js";
import { type PortBlock } from "../ports.js";
import { MAX_OSDS } from "./layout.js";

/**
 * What the lab decided when it made the cluster. Which processes run is not in here: the machine's process table says
 * that, and is never out of date.
 */
export interface CephState {
  readonly layout: 1;
  /** Written as "making" before the first process starts: a cluster still found so is a half one, and is made anew. */
  readonly stage: "making" | "made";
  readonly fsid: string;
  readonly osds: number;
  readonly ports: PortBlock;
}

export function readState(file: string): CephState | undefined {
  const text = readIfThere(file);
  return text === undefined ? undefined : parseState(text);
}

/** Undefined for what this lab did not write, or not in this layout. */
export function parseState(text: string): CephState | undefined {
  const value = parseObject(text);
  const stage = stringAt(value, "stage");
  const fsid = stringAt(value, "fsid");
  const osds = integerAt(value, "osds");
  const ports = objectAt(value, "ports");
  const first = integerAt(ports, "first");
  const count = integerAt(ports, "count");
  if (value?.["layout"] !== 1 || (stage !== "making" && stage !== "made")) return undefined;
  if (fsid === undefined || osds === undefined || first === undefined || count === undefined) return undefined;
  if (osds < 1 || osds > MAX_OSDS) return undefined;
  return { layout: 1, stage, fsid, osds, ports: { first, count } };
}

export function writeState(file: string, state: CephState): void {
  writeFileAtomically(file, `${JSON.stringify(state, null, 2)}\n`);
}
