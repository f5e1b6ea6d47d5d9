import { errorToJSON } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import { openLab } from "./lab.js";

/** What the parent asks a worker for: one create, slowed down at its steps, and perhaps killed before one of them. */
export interface Job {
  readonly number: number;
  readonly name: string;
  readonly delaysMs: readonly number[];
  readonly dieAtStep: number | undefined;
}

let job: Job | undefined;
let steps = 0;

const backends = await openLab("cinder", {}, {
  onStep: async () => {
    if (job === undefined) return;
    steps += 1;
    if (steps === job.dieAtStep) process.kill(process.pid, "SIGKILL");
    await sleep(job.delaysMs[steps % job.delaysMs.length] ?? 0);
  },
});
const driver = backends.get("cloud");
await driver.setup();

process.on("message", (asked: Job) => {
  job = asked;
  steps = 0;
  void driver.createVolume({ name: asked.name, capacity: { requiredBytes: 1 } }).then(
    ({ id }) => process.send?.({ number: asked.number, id }),
    (error: unknown) => process.send?.({ number: asked.number, error: errorToJSON(error) }),
  );
});
process.send?.("ready");
