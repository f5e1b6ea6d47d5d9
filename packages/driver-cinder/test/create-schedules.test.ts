import { isSouthboundError } from "@opensds/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openCall } from "../src/call.js";
import { cinderConfig } from "../src/config.js";
import { createPaces } from "../src/poll.js";
import { createVolume } from "../src/volumes/create-volume.js";
import { writtenFate } from "../src/volumes/fate.js";
import { createLooks } from "../src/volumes/looks.js";
import { play, request, settled, type History, type World } from "./create-histories.js";
import { outsider, SimulatedCinder } from "./simulated-cinder.js";
import { randomOf } from "./turns.js";

/** How many histories; each takes about two milliseconds. More, to look for what is rare: `SB_HISTORIES=100000`. */
const histories = Number(process.env["SB_HISTORIES"] ?? "1000");
const firstSeed = Number(process.env["SB_SEED"] ?? "1");
/** Found by a hundred thousand, when something was wrong with the driver. */
const rare = [11_476, 23_033, 63_363];
const seeds = [...rare, ...Array.from({ length: histories }, (_, index) => firstSeed + index)];

// Rests are turns like any other.
const rest = vi.hoisted(() => ({ of: (): Promise<void> => Promise.resolve() }));
vi.mock("../src/poll.js", () => {
  const pacer = { next: () => rest.of(), done: () => undefined };
  return { pause: () => rest.of(), createPacer: () => pacer, createPaces: () => () => pacer };
});
afterEach(() => vi.restoreAllMocks());

const checked = await cinderConfig["~standard"].validate({ cloud: "c" });
if (checked.issues !== undefined) throw new Error("the options are wrong");
const config = checked.value;

function live(world: World): void {
  vi.spyOn(performance, "now").mockImplementation(world.nowMs);
  vi.spyOn(Date, "now").mockImplementation(world.nowMs);
  rest.of = world.rest;
}

/** A create that failed has said so rightly: nothing of its own is left, or what stands in its way is somebody's, or nobody can tell any more. */
function isHonest({ cloud, outcomes, unfinished }: History, failed: unknown): boolean {
  if (!isSouthboundError(failed) || failed.reason !== "volume-in-error") return false;
  const id = String(failed.details["volumeId"]);
  const row = cloud.rows.get(id);
  if (row === undefined || row.status === "deleting" || cloud.removed.some((one) => one.id === id)) return true;
  const isSomebodys = outcomes.some((outcome) => "id" in outcome && outcome.id === id);
  return failed.outcome === "applied" && (isSomebodys || writtenFate(row) === "kept" || unfinished.has(cloud.makers.get(id) ?? ""));
}

describe("creates of one name, in every order that their requests may take effect in, with kills, failures and orders that come late", () => {
  it(`give everybody one volume, which no other create removes: ${histories} histories`, { timeout: 600_000 }, async () => {
    for (const seed of seeds) {
      const played = await play(seed, config, live);
      const { cloud, outcomes, last } = played;
      const context = `history ${seed}`;
      const all = [...outcomes, ...(last === undefined ? [] : [last])];
      // What somebody else deleted is made anew.
      const theirs = new Set(cloud.removed.flatMap(({ id, by }) => (by === outsider ? [id] : [])));
      const returned = new Set(all.flatMap((outcome) => ("id" in outcome && !theirs.has(outcome.id) ? [outcome.id] : [])));
      expect(returned.size, `${context}: volumes that were returned`).toBeLessThanOrEqual(1);
      for (const id of returned) expect(cloud.removed.filter((one) => one.id === id), `${context}: removals of what was returned`).toEqual([]);
      for (const outcome of all) if ("failed" in outcome) expect(isHonest(played, outcome.failed), `${context}: ${String(outcome.failed)}`).toBe(true);
      if (played.patient) expect(last, `${context}: the create after all of them ends`).toBeDefined();
      expect(played.mostKept, `${context}: volumes that are kept`).toBeLessThanOrEqual(1);
      expect(cloud.undone, `${context}: decisions that were undone`).toEqual([]);
    }
  });

  it("takes four requests and the looks while Cinder makes the volume, where nobody else is at work", async () => {
    const cloud = new SimulatedCinder(randomOf(1), { late: 50, error: 0, breaks: 0, erase: 0, die: 0, stop: 0, lose: 0, stay: 0, meddle: 0 });
    live({ nowMs: () => cloud.nowMs, rest: () => cloud.wait("p", "rest", () => undefined) });
    const asked: string[] = [];
    const project = cloud.projectOf("p", config, createPaces());
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
