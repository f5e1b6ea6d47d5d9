import assert from "node:assert/strict";
import { exportConnection, importConnection, type Connection } from "@opensds/core";
import { createHost } from "@opensds/core/host";
import { bench, elsewhere, note } from "./guest-bench.js";
import type { GuestOrder } from "./order.js";

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

/** A dock killed at each of its steps leaves what the next one finishes: attach by attach and by detach, and detach by detach. */
export async function surviveKills(volume: Connection, expectNothing: () => void): Promise<void> {
  const { host } = bench;
  let steps = 0;
  for (const [operation, finish] of [["attach", "attach"], ["attach", "detach"], ["detach", "detach"]] as const) {
    for (let atStep = 0; ; atStep += 1) {
      if (operation === "detach") await host.attach(volume, "test");
      const { signal, status, stderr } = elsewhere({ scenario: "die", connection: exportConnection(volume), operation, atStep });
      if (signal === null) assert.equal(status, 0, stderr);
      else steps += 1;
      if (finish === "attach") await host.attach(volume, "test");
      await host.detach(await host.describe(volume, "test"));
      expectNothing();
      if (signal === null) break;
    }
  }
  assert(steps >= 6, `${steps} kills only`);
  note(`survived ${steps} kills`);
}
