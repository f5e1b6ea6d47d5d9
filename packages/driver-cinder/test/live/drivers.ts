import type { Backends, VolumeDriver } from "@opensds/core";
import { afterEach } from "vitest";
import { openLab } from "./lab.js";

/** Opens drivers on the lab's backends for the tests of one file, and closes them after each test. */
export function labDrivers(): (...args: Parameters<typeof openLab>) => Promise<VolumeDriver> {
  const opened: Backends[] = [];
  afterEach(async () => {
    for (const backends of opened.splice(0)) await backends.unset();
  });
  return async (...args) => {
    const backends = await openLab(...args);
    opened.push(backends);
    await backends.setup();
    return backends.get("cloud");
  };
}
