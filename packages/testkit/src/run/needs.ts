import type { DriverManifest } from "@opensds/core";
import { existsSync } from "node:fs";
import type { Check } from "../check.js";
import type { SkipCause } from "../report/report.js";
import { isBackendsTarget, type ConformanceTarget } from "../target/target.js";
import { workerPath } from "../worker-path.js";

/** A need that is not met, in words, and whose doing that is. */
export interface UnmetNeed {
  readonly reason: string;
  /** `backend`: it cannot, by its own manifest. `environment`: it may well, but not here. */
  readonly cause: SkipCause & ("backend" | "environment");
}

/** Why a check's needs are not met; undefined when they are. */
export function unmetNeed(
  { needs = [], facets = [] }: Pick<Check, "needs" | "facets">,
  manifest: DriverManifest,
  target: ConformanceTarget,
): UnmetNeed | undefined {
  const missing = facets.filter((facet) => !manifest.facets.includes(facet));
  if (missing.length > 0) return { cause: "backend", reason: `the ${manifest.kind} backend has no ${missing.join(", ")}` };
  // What the backend cannot do at all is said before what cannot be done here.
  if (needs.some((need) => need !== "processes") && manifest.protocols.length === 0) {
    return { cause: "backend", reason: `the ${manifest.kind} backend hands out no connections (its manifest lists no protocols)` };
  }
  const here = [needs.includes("device") ? noDevices() : undefined, needs.includes("processes") ? noProcesses(target) : undefined];
  const reason = here.find((one) => one !== undefined);
  return reason === undefined ? undefined : { cause: "environment", reason };
}

function noProcesses(target: ConformanceTarget): string | undefined {
  if (!isBackendsTarget(target)) return "the target is a live object; give a backends file, so that another process can open it";
  return workerPath() === undefined ? "dist/worker.js of @opensds/testkit is not built" : undefined;
}

function noDevices(): string | undefined {
  if (process.platform !== "linux") return `block devices are made on Linux only, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "making block devices needs root";
  if (!existsSync("/dev/loop-control")) return "this machine has no loop devices (/dev/loop-control is missing)";
  return undefined;
}
