import { loadProgram, startVm, type Vm } from "@opensds/lab";
import type { GuestOrder } from "./order.js";

/** A virtual machine in which the host half of the SDK runs, as on a dock's own machine. */
export interface GuestHost {
  readonly vm: Vm;
  /** Runs a scenario inside; fails with what the scenario found wrong. Returns what it printed. */
  scenario(order: GuestOrder, timeoutMs?: number): Promise<string>;
}

export async function startGuestHost(packages: readonly string[] = []): Promise<GuestHost> {
  const vm = await startVm({ packages, lifetimeMs: 20 * 60_000 });
  const program = await loadProgram(vm, new URL("guest.ts", import.meta.url));
  return { vm, scenario: (order, timeoutMs) => program.run(order.scenario, order, timeoutMs) };
}
