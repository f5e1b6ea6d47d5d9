import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { GiB } from "@opensds/core";
import { openCall } from "../src/call.js";
import type { CinderConfig } from "../src/config.js";
import { createPaces } from "../src/poll.js";
import { keys, requestMetadata } from "../src/records/records.js";
import { createVolume } from "../src/volumes/create-volume.js";
import { instanceOf } from "../src/volumes/fate.js";
import { removeLoser } from "../src/volumes/remove-loser.js";
import { ghost, SimulatedCinder, type Faults } from "./simulated-cinder.js";
import { randomOf } from "./turns.js";

/** What every create of a history asks for. */
export const request = { name: "one", capacity: { requiredBytes: GiB, limitBytes: null }, parameters: {}, sizeBytes: GiB };

/** How a process ended that was not killed. */
export type Outcome = { readonly id: string } | { readonly failed: unknown } | { readonly tidied: true };

/** What came of several processes that made one name. */
export interface History {
  readonly cloud: SimulatedCinder;
  /** Volumes are given up only after longer than Cinder needs for one: otherwise nothing need ever end. */
  readonly patient: boolean;
  readonly outcomes: readonly Outcome[];
  /** What the last create returned, when everything else was over. */
  readonly last: Outcome | undefined;
  /** The most volumes that were kept in one moment. */
  readonly mostKept: number;
  /** Every process that was at work when the others' time was over, or had been killed. */
  readonly unfinished: ReadonlySet<string>;
}

/** The clock and the rests of a history, which the driver's are to be. */
export interface World {
  readonly nowMs: () => number;
  readonly rest: () => Promise<void>;
}

/** How long a history is at most, in turns. */
const longest = { patient: 6_000, impatient: 600 };

/** Which process is at work. */
const at = new AsyncLocalStorage<string>();

/** Lets every waiting promise go on until all wait for their next turn. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What goes wrong in a history: most of it in some only, so that there are some of everything, and of everything together. */
function faultsOf(random: (below: number) => number): Faults {
  const sometimes = (percent: number, inOneOf = 3): number => (random(inOneOf) === 0 ? percent : 0);
  return {
    late: random(4) === 0 ? 98 : 50,
    ...{ error: sometimes(30), breaks: sometimes(2), erase: sometimes(20), die: sometimes(4), stop: sometimes(15) },
    ...{ lose: sometimes(30, 6), stay: sometimes(30, 4), meddle: sometimes(1, 6) },
  };
}

/** What killed creates may leave: one or two candidates, each at some point on its way, of makers that are gone. */
function plant(random: (below: number) => number, cloud: SimulatedCinder): void {
  const leavings = 1 + random(2);
  for (let number = 0; number < leavings; number += 1) {
    const maker = `ghost-${number}`;
    const status = ["available", "available", "creating", "error"][random(4)] ?? "available";
    // Of two, only one can have been alone, or be wanted by somebody who had the other dropped.
    const claim = number === 0 && random(3) === 0 ? { [keys.alone]: maker } : {};
    const isContested = random(3) > 0;
    const wanted = [undefined, "dropped", number === 0 ? "kept" : "dropped"] as const;
    const proposal = isContested && status === "available" ? wanted[random(3)] : undefined;
    // A claim may have come too late for whoever contested the candidate to see it.
    const metadata = { ...requestMetadata(request, maker), ...claim, ...(isContested && { [keys.contested]: "1" }) };
    cloud.plant({ status, metadata }, proposal && instanceOf(proposal, randomUUID()));
  }
}

/** Plays one history: up to five processes, of which some tidy up what they meet, and then one create alone. */
export async function play(seed: number, base: CinderConfig, live: (world: World) => void): Promise<History> {
  const random = randomOf(seed);
  const cloud = new SimulatedCinder(random, faultsOf(random));
  const patient = random(3) > 0;
  const config = { ...base, lostAfterMs: patient ? 4_000 : 200 };
  const rest = (): Promise<void> => cloud.wait(at.getStore() ?? "", "rest", () => undefined);
  const most = longest[patient ? "patient" : "impatient"];
  live({ nowMs: () => cloud.nowMs, rest });
  const outcomes = new Map<string, Outcome>();
  const projectOf = (process: string) => cloud.projectOf(process, config, createPaces());
  const start = async (process: string): Promise<void> => {
    try {
      outcomes.set(process, { id: (await createVolume(projectOf(process), request, openCall(cloud.contextOf()))).id });
    } catch (failed) {
      outcomes.set(process, { failed });
    }
  };
  // Somebody who takes what he meets for the leavings of a create that was cut off.
  const tidy = async (process: string): Promise<void> => {
    await rest();
    const some = [...cloud.rows.keys()];
    const id = some[random(some.length)];
    if (id !== undefined) await removeLoser(projectOf(process), openCall(cloud.contextOf()), id);
    outcomes.set(process, { tidied: true });
  };
  let mostKept = 0;
  const step = async (): Promise<boolean> => {
    const going = cloud.step();
    await settled();
    mostKept = Math.max(mostKept, cloud.kept().length);
    return going;
  };
  if (random(3) === 0) plant(random, cloud);
  const processes = 1 + random(5);
  const tidies = 2 + random(4);
  let begun = 0;
  for (let turn = 0; turn < most; turn += 1) {
    if (begun < processes && (begun === 0 || random(12) === 0)) {
      const process = `p${begun}`;
      const work = begun > 0 && random(tidies) === 0 ? tidy : start;
      begun += 1;
      void at.run(process, () => work(process));
      await settled();
    }
    const going = await step();
    if (!going || outcomes.size + cloud.dead.size >= processes) break;
  }
  const before = [...outcomes.values()];
  const unfinished = new Set(Array.from({ length: begun }, (_, index) => `p${index}`).filter((process) => !outcomes.has(process))).add(ghost);
  void at.run("last", () => start("last"));
  for (let turn = 0; turn < most && !outcomes.has("last"); turn += 1) await step();
  return { cloud, patient, outcomes: before, last: outcomes.get("last"), mostKept, unfinished };
}
