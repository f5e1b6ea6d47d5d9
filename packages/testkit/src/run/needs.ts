import type { DriverManifest } from "@opensds/core";
import { existsSync } from "node:fs";
import type { Need } from "../check.js";
import { isBackendsTarget, type ConformanceTarget } from "../target/target.js";
import { workerPath } from "../worker-path.js";

/** Why a check's needs are not met here, in words; undefined when they are. */
export function unmetNeed(needs: readonly Need[], manifest: DriverManifest, target: ConformanceTarget): string | undefined {
  for (const need of needs) {
    const reason = reasons[need](manifest, target);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

const reasons: Readonly<Record<Need, (manifest: DriverManifest, target: ConformanceTarget) => string | undefined>> = {
  connect: ({ kind, protocols }) =>
    protocols.length === 0 ? `the ${kind} backend hands out no connections (its manifest lists no protocols)` : undefined,
  device: (manifest, target) => reasons.connect(manifest, target) ?? noDevices(),
  processes: (_manifest, target) => {
    if (!isBackendsTarget(target)) return "the target is a live object; give a backends file, so that another process can open it";
    return workerPath() === undefined ? "dist/worker.js of @opensds/testkit is not built" : undefined;
  },
};

function noDevices(): string | undefined {
  if (process.platform !== "linux") return `block devices are made on Linux only, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "making block devices needs root";
  if (!existsSync("/dev/loop-control")) return "this machine has no loop devices (/dev/loop-control is missing)";
  return undefined;
}
