import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { must, note } from "@opensds/lab/guest";
import { bench, expectGone, pathOf, refused } from "./guest-bench.js";
import type { GuestOrder } from "./order.js";

/** Where the kernel cannot map the image, the next method of the list does; where there is none, the error says why. */
export async function rbdFallback({ info, reason }: Extract<GuestOrder, { scenario: "rbd-fallback" }>): Promise<void> {
  if (reason === "module") hideRbdModule();
  const { host } = bench;
  const volume = await bench.connection({ ...info, methods: ["krbd", "rbd-nbd"] }, `fallback-${reason}`);
  const record = await host.attach(volume, "test");
  assert.equal(record.device?.method, "rbd-nbd");
  note(`attached as ${pathOf(record)}`);
  assert.deepEqual(await host.attach(volume, "test"), record);
  await host.detach(record);
  expectGone(pathOf(record));
  const only = await bench.connection({ ...info, methods: ["krbd"] }, `krbd-only-${reason}`);
  const { message } = await refused(host.attach(only, "test"), "no-attach-method");
  assert.match(message, reason === "module" ? /the kernel has no rbd module/ : /features/);
  note(message);
}

/** The machine as if Debian had built its kernel without RBD. */
function hideRbdModule(): void {
  assert(!existsSync("/sys/module/rbd"), "the module is loaded already");
  must("sh", "-c", "sed '/\\/rbd.ko/d' /lib/modules/$(uname -r)/modules.dep >/tmp/modules.dep && mount --bind /tmp/modules.dep /lib/modules/$(uname -r)/modules.dep");
}
