import assert from "node:assert/strict";
import { exportConnection, importConnection, type Connection } from "@opensds/core";
import { createHost } from "@opensds/core/host";
import { note } from "@opensds/lab/guest";
import { bench, elsewhere } from "./guest-bench.js";
import type { GuestOrder, KillSample } from "./order.js";

/** A dock that kills itself at a step. */
export async function dieAt({ connection, operation, atStep }: Extract<GuestOrder, { scenario: "die" }>): Promise<void> {
  let step = 0;
  const host = createHost({
    runtimeDir: "/run/opensds",
    onStep: () => {
      if (step === atStep) process.kill(process.pid, "SIGKILL");
      step += 1;
    },
  });
  const volume = importConnection(connection);
  if (operation === "attach") await host.attach(volume, "test");
  else await host.detach(await host.describe(volume, "test"));
}

/** An operation that is killed, and the one that finishes what is left of it. */
const endings = [
  ["attach", "attach"],
  ["attach", "detach"],
  ["detach", "detach"],
] as const;

/**
 * A dock that is killed at a step leaves what the next one finishes: attach by attach and by detach, and detach by detach. Every process
 * takes seconds to start here, so there is one kill, of the pair and at the step that the seed draws; with `every` there are all.
 */
export async function surviveKills(volume: Connection, sample: KillSample, expectNothing: () => void): Promise<void> {
  const { host } = bench;
  let kills = 0;
  const wanted = endings.filter((_, index) => sample.every || index === sample.seed % endings.length);
  for (const [operation, finish] of wanted) {
    if (operation === "detach") await host.attach(volume, "test");
    const steps = await countSteps(volume, operation);
    if (operation === "attach") await host.detach(await host.describe(volume, "test"));
    const chosen = [...Array(steps).keys()].filter((step) => sample.every || step === sample.seed % steps);
    for (const atStep of chosen) {
      if (operation === "detach") await host.attach(volume, "test");
      const { signal, stderr } = elsewhere({ scenario: "die", connection: exportConnection(volume), operation, atStep });
      assert.equal(signal, "SIGKILL", `nothing was killed at step ${atStep} of ${operation}: ${stderr}`);
      kills += 1;
      if (finish === "attach") await host.attach(volume, "test");
      await host.detach(await host.describe(volume, "test"));
      expectNothing();
    }
  }
  assert(kills >= wanted.length, `${kills} kills only`);
  note(`survived ${kills} kills`);
}

/** How many steps an operation takes when nothing disturbs it. */
async function countSteps(volume: Connection, operation: "attach" | "detach"): Promise<number> {
  let steps = 0;
  const host = createHost({ runtimeDir: "/run/opensds", onStep: () => void (steps += 1) });
  if (operation === "attach") await host.attach(volume, "test");
  else await host.detach(await host.describe(volume, "test"));
  assert(steps > 0, `${operation} has no step at which it can be killed`);
  return steps;
}
