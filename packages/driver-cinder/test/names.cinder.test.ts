import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isSouthboundError, volumeId, type Backends } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "./live/lab.js";
import { outsider, rowsOf, type Outsider } from "./live/raw.js";
import type { Job } from "./live/worker.js";

/** 500 with `npm test -- --full`. */
const schedules = Number(process.env["SB_SCHEDULES"] ?? "12");
const processes = 4;
const prefix = `names-${process.pid}-`;

/** The same numbers for the same seed. */
let state = Number(process.env["SB_SEED"] ?? "1") >>> 0;
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

interface Outcome {
  readonly id?: string;
  readonly killed?: boolean;
  readonly error?: unknown;
}

async function startWorker(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("live/worker.ts", import.meta.url)), [], { execArgv: ["--conditions=@opensds/source", "--import", "tsx"] });
  const first: readonly unknown[] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (first[0] !== "ready") throw new Error(`the worker did not start: ${String(first[0])}`);
  return child;
}

function run(child: ChildProcess, job: Job): Promise<Outcome> {
  return new Promise((resolve) => {
    const killed = (): void => resolve({ killed: true });
    child.once("exit", killed);
    child.once("message", (answer: Outcome) => {
      child.off("exit", killed);
      resolve(answer);
    });
    child.send(job);
  });
}

describe("creates of one name in several processes", () => {
  let backends: Backends;
  let cloud: Outsider;
  let workers: ChildProcess[] = [];
  beforeAll(async () => {
    [backends, cloud] = await Promise.all([openLab(), outsider()]);
    await backends.setup();
    workers = await Promise.all(Array.from({ length: processes }, startWorker));
  });
  afterAll(async () => {
    for (const child of workers) child.kill("SIGKILL");
    await backends.unset();
  });

  it(`leave one volume, which is never lost to whoever got it: ${schedules} schedules with delays and kills`, { timeout: 60_000 * schedules }, async () => {
    const driver = backends.get("cloud");
    for (let schedule = 0; schedule < schedules; schedule += 1) {
      const name = `${prefix}${schedule}`;
      const victim = random(2) === 0 ? random(processes) : undefined;
      const outcomes = await Promise.all(
        workers.map((child, index) =>
          run(child, {
            number: schedule,
            name,
            delaysMs: Array.from({ length: 5 }, () => (random(3) === 0 ? random(400) : 0)),
            dieAtStep: index === victim ? 1 + random(5) : undefined,
          }),
        ),
      );
      for (const [index, { killed }] of outcomes.entries()) if (killed === true) workers[index] = await startWorker();

      const returned = outcomes.flatMap(({ id }) => (id === undefined ? [] : [id]));
      const failures = outcomes.filter(({ id, killed }) => id === undefined && killed !== true);
      expect(failures, `failures of schedule ${schedule}`).toEqual([]);
      // The replay of whoever was killed.
      const again = await driver.createVolume({ name, capacity: { requiredBytes: 1 } });
      expect(new Set([...returned, again.id]).size, `volumes that schedule ${schedule} handed out`).toBe(1);
      const kept = (await rowsOf(cloud, name)).filter((row) => row.name === name && row.metadata["opensds.fate"] === "kept");
      expect(kept.map(({ id, status }) => ({ id, status }))).toEqual([{ id: again.id, status: "available" }]);
      await driver.deleteVolume({ id: again.id });
    }
    // What killed processes left beside it, and nobody was given. What Cinder is still making of that nobody can mend yet.
    await expect.poll(async () => (await rowsOf(cloud, prefix)).filter(({ status }) => status === "creating"), { timeout: 60_000 }).toEqual([]);
    await driver.reconciliation?.reconcile({ repair: true });
    await expect.poll(() => rowsOf(cloud, prefix), { timeout: 30_000 }).toEqual([]);
  });

  it("are kept apart from other people's volumes of that name", async () => {
    const driver = backends.get("cloud");
    const name = `${prefix}foreign`;
    await cloud.cinder("POST", "/volumes", { volume: { size: 1, name, metadata: { mine: "yes" } } });
    const made = await driver.createVolume({ name, capacity: { requiredBytes: 1 } });
    const rows = await rowsOf(cloud, name);
    expect(rows).toHaveLength(2);
    await driver.deleteVolume({ id: made.id });
    const [foreign] = await rowsOf(cloud, name);
    expect(foreign?.metadata).toEqual({ mine: "yes" });
    const refused: unknown = await driver.getVolume({ id: volumeId(foreign?.id ?? "") }).catch((error: unknown) => error);
    expect(isSouthboundError(refused) && refused.code).toBe("NOT_FOUND");
    // Nor does a delete by its id touch it.
    await driver.deleteVolume({ id: volumeId(foreign?.id ?? "") });
    expect(await rowsOf(cloud, name)).toHaveLength(1);
    await cloud.cinder("DELETE", `/volumes/${foreign?.id ?? ""}`);
  });
});
