import { randomBytes } from "node:crypto";
import { readIfThere, writeFileAtomically } from "../files.js";
import { parseObject, stringAt } from "../json.js";

/** What the lab decided when it made the cloud; which processes run is not in here. */
export interface CinderState {
  readonly layout: 1;
  /** `making` until the first `up` has ended: a cloud still found so is a half one, and is made anew. */
  readonly stage: "making" | "made";
  /** The Ceph whose pool the volumes are in: a cloud of another one is of no use. */
  readonly fsid: string;
  readonly adminPassword: string;
  readonly servicePassword: string;
  readonly userPassword: string;
}

export function newState(fsid: string): CinderState {
  const password = (): string => randomBytes(12).toString("hex");
  return { layout: 1, stage: "making", fsid, adminPassword: password(), servicePassword: password(), userPassword: password() };
}

export function readCinderState(file: string): CinderState | undefined {
  const value = parseObject(readIfThere(file) ?? "");
  const stage = stringAt(value, "stage");
  const [fsid, adminPassword, servicePassword, userPassword] = ["fsid", "adminPassword", "servicePassword", "userPassword"].map((key) =>
    stringAt(value, key),
  );
  if (value?.["layout"] !== 1 || (stage !== "making" && stage !== "made")) return undefined;
  if (fsid === undefined || adminPassword === undefined || servicePassword === undefined || userPassword === undefined) return undefined;
  return { layout: 1, stage, fsid, adminPassword, servicePassword, userPassword };
}

export function writeCinderState(file: string, state: CinderState): void {
  writeFileAtomically(file, `${JSON.stringify(state, null, 2)}\n`, 0o600);
}
