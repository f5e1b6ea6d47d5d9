import { browserTests } from "./browser.js";
import { countVitest } from "./read-reports.js";
import type { Counts } from "./result.js";
import { runReporting } from "./run-command.js";

/** Histories of racing docks that are checked on the real Ceph: each takes about twenty seconds. */
const sampledSequences = "4";
const allSequences = "20";
/** Histories of creates of one name in four processes, on the real Cinder: each takes two to five seconds. */
const sampledSchedules = "8";
const allSchedules = "500";

const vitestArgs = (reportFile: string): readonly string[] => ["run", "--reporter=dot", "--reporter=json", `--outputFile.json=${reportFile}`];
const vitest = (env: NodeJS.ProcessEnv = {}): Promise<Counts> => runReporting("vitest", vitestArgs, countVitest, env);

/** What needs nothing brought up. */
export const unit = (): Promise<Counts> => vitest();

/** Pages in a real browser. */
export const pages = (): Promise<Counts> => browserTests(vitestArgs);

/** What an author gets: the packed packages, installed outside the workspace, on the oldest Node and one that the seed draws, or on all. */
export function packed(seed: string, full: boolean): Promise<Counts> {
  return vitest({ SB_PACKED: "1", SB_SEED: seed, SB_FULL: full ? "1" : "0" });
}

/** Everything that needs the real Ceph. */
export function live(seed: string, full: boolean): Promise<Counts> {
  const env = { SB_LAB_LIVE: "1", SB_SEED: seed, SB_SEQUENCES: full ? allSequences : sampledSequences, SB_FULL: full ? "1" : "0" };
  return vitest(env);
}

/** What the driver's own tests need the real Cinder for: creates that race and are killed, faults, OpenStack's own clients. */
export function liveCinder(seed: string, full: boolean): Promise<Counts> {
  const env = { SB_LAB_CINDER: "1", SB_SEED: seed, SB_SCHEDULES: full ? allSchedules : sampledSchedules, SB_FULL: full ? "1" : "0" };
  return vitest(env);
}

/** What needs a kernel with rbd, nbd, iSCSI and NVMe: in an emulated machine, so slowly. */
export function virtualMachine(seed: string, full: boolean): Promise<Counts> {
  return vitest({ SB_VM: "1", SB_SEED: seed, ...(full && { SB_FULL: "1" }) });
}

/** Of so many seeds one boots the machine of Cinder's LVM, which takes minutes. */
const seedsPerMachine = 6;

/** Cinder's LVM backend in an emulated machine. */
export function machineOfCinder(seed: string, full: boolean): Promise<Counts> {
  if (full || Number(seed) % seedsPerMachine === 0) return vitest({ SB_VM_CINDER: "1" });
  return Promise.resolve({ passed: 0, failed: 0, skipped: [`vm cinder: one seed in ${seedsPerMachine} draws it, and this one does not`] });
}
