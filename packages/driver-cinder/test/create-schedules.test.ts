import { AsyncLocalStorage } from "node:async_hooks";
import { GiB, isSouthboundError } from "@opensds/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openCall } from "../src/call.js";
import { cinderConfig } from "../src/config.js";
import { createPaces } from "../src/poll.js";
import { createVolume } from "../src/volumes/create-volume.js";
import { fateOf } from "../src/volumes/fate.js";
import { createLooks } from "../src/volumes/looks.js";
import { removeLoser } from "../src/volumes/remove-loser.js";
import { randomOf, SimulatedCinder } from "./simulated-cinder.js";

/** How many histories; each takes about two milliseconds. More, to look for what is rare: `SB_HISTORIES=100000`. */
const histories = Number(process.env["SB_HISTORIES"] ?? "600");
const firstSeed = Number(process.env["SB_SEED"] ?? "1");

// Rests are turns like any other.
const rest = vi.hoisted(() => ({ of: (): Promise<void> => Promise.resolve() }));
vi.mock("../src/poll.js", () => {
  const pacer = { next: () => rest.of(), done: () => undefined };
  return { pause: () => rest.of(), createPacer: () => pacer, createPaces: () => () => pacer };
});
afterEach(() => vi.restoreAllMocks());

const checked = await cinderConfig["~standard"].validate({ cloud: "c", lostAfterMs: 4_000 });
if (checked.issues !== undefined) throw new Error("the options are wrong");
const config = checked.value;

const request = { name: "one", capacity: { requiredBytes: GiB, limitBytes: null }, parameters: {}, sizeBytes: GiB };

type Outcome = { readonly id: string } | { readonly failed: unknown } | { readonly tidied: true };

/** Which process is at work. */
const at = new AsyncLocalStorage<string>();

/** Lets every waiting promise go on until all wait for their next turn. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface History {
  readonly cloud: SimulatedCinder;
  readonly outcomes: readonly Outcome[];
  /** What the last create returned, when everything else was over. */
  readonly last: Outcome | undefined;
}

async function history(seed: number): Promise<History> {
  const random = randomOf(seed);
  const sometimes = (percent: number): number => (random(3) === 0 ? percent : 0);
  const faults = { late: random(4) === 0 ? 98 : 50, error: sometimes(30), breaks: sometimes(2), erase: sometimes(20), die: sometimes(4), stop: sometimes(15) };
  const cloud = new SimulatedCinder(random, faults);
  vi.spyOn(performance, "now").mockImplementation(() => cloud.nowMs);
  vi.spyOn(Date, "now").mockImplementation(() => cloud.nowMs);
  const outcomes: Outcome[] = [];
  rest.of = () => cloud.wait(at.getStore() ?? "", "rest", () => undefined);
  const start = async (process: string): Promise<void> => {
    const project = cloud.projectOf(process, config, createPaces());
    try {
      outcomes.push({ id: (await createVolume(project, request, openCall(cloud.contextOf()))).id });
    } catch (failed) {
      outcomes.push({ failed });
    }
  };
  // Somebody who takes what he meets for the leavings of a create that was cut off.
  const tidy = async (process: string): Promise<void> => {
    const project = cloud.projectOf(process, config, createPaces());
    await rest.of();
    const some = [...cloud.rows.keys()];
    const id = some[random(some.length)];
    if (id !== undefined) await removeLoser(project, openCall(cloud.contextOf()), id);
    outcomes.push({ tidied: true });
  };
  const processes = 1 + random(5);
  const running: Promise<void>[] = [];
  for (let turn = 0; turn < 6_000; turn += 1) {
    if (running.length < processes && (running.length === 0 || random(12) === 0)) {
      const process = `p${running.length}`;
      running.push(at.run(process, () => (running.length > 0 && random(5) === 0 ? tidy(process) : start(process))));
      await settled();
    }
    const going = cloud.step();
    await settled();
    if (!going || outcomes.length + cloud.dead.size >= processes) break;
  }
  const before = [...outcomes];
  const replay = at.run("last", () => start("last"));
  for (let turn = 0; turn < 6_000 && outcomes.length === before.length; turn += 1) {
    cloud.step();
    await settled();
  }
  void replay;
  return { cloud, outcomes: before, last: outcomes[before.length] };
}

describe("creates of one name, in every order that their requests may take effect in, with kills, failures and orders that come late", () => {
  it(`give everybody one volume, which no other create removes: ${histories} histories`, { timeout: 600_000 }, async () => {
    for (let seed = firstSeed; seed < firstSeed + histories; seed += 1) {
      const { cloud, outcomes, last } = await history(seed);
      const context = `history ${seed}`;
      const returned = [...outcomes, ...(last === undefined ? [] : [last])].flatMap((outcome) => ("id" in outcome ? [outcome.id] : []));
      expect(new Set(returned).size, `${context}: volumes that were returned`).toBeLessThanOrEqual(1);
      for (const id of new Set(returned)) {
        expect(cloud.removed.filter((one) => one.id === id), `${context}: removals of what was returned`).toEqual([]);
      }
      for (const outcome of outcomes) if ("failed" in outcome) expect(isSouthboundError(outcome.failed) && outcome.failed.reason, context).toBe("volume-in-error");
      expect(last, `${context}: the create after all of them ends`).toBeDefined();
      const kept = [...cloud.rows.values()].filter((row) => row.status !== "deleting" && fateOf(row) === "kept");
      expect(kept.length, `${context}: volumes that are kept`).toBeLessThanOrEqual(1);
    }
  });

  it("takes four requests and the looks while Cinder makes the volume, where nobody else is at work", async () => {
    const cloud = new SimulatedCinder(randomOf(1), { late: 50, error: 0, breaks: 0, erase: 0, die: 0, stop: 0 });
    vi.spyOn(Date, "now").mockImplementation(() => cloud.nowMs);
    const asked: string[] = [];
    const project = cloud.projectOf("p", config, createPaces());
    rest.of = () => cloud.wait("p", "rest", () => undefined);
    const volumes = new Proxy(project.volumes, {
      get: (target, name, receiver) => {
        asked.push(String(name));
        return Reflect.get(target, name, receiver) as unknown;
      },
    });
    const made = createVolume({ ...project, volumes, looks: createLooks(volumes, 1_000) }, request, openCall(cloud.contextOf()));
    const ended: string[] = [];
    void made.then(({ id }) => ended.push(id));
    for (let turn = 0; turn < 1_000 && ended.length === 0; turn += 1) {
      cloud.step();
      await settled();
    }
    expect(ended).toHaveLength(1);
    expect(asked.slice(0, 4)).toEqual(["page", "create", "page", "addMetadata"]);
    expect(new Set(asked.slice(4))).toEqual(new Set(["get"]));
  });
});
