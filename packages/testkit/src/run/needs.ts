import type { DriverManifest } from "@opensds/core";
import { existsSync } from "node:fs";
import type { Check, Need } from "../check.js";
import { isBackendsTarget, type ConformanceTarget } from "../target/target.js";
import { workerPath } from "../worker-path.js";

/** Why a check's needs are not met here, in words; undefined when they are. */
export function unmetNeed(
  { needs = [], facets = [] }: Pick<Check, "needs" | "facets">,
  manifest: DriverManifest,
  target: ConformanceTarget,
): string | undefined {
  const missing = facets.filter((facet) => !manifest.facets.includes(facet));
  if (missing.length > 0) return `the ${manifest.kind} backend has no ${missing.join(", ")}`;
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
