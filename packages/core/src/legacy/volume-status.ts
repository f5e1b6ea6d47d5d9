import type { VolumeState } from "../model/volume.js";
import { quoteStart } from "./mask-secrets.js";

const states = new Map<string, VolumeState>([
  ["creating", "creating"],
  ["downloading", "creating"],
  ["available", "available"],
  ["in-use", "in-use"],
  ["deleting", "deleting"],
]);

/**
 * Reads a status in OpenSDS's spelling (`inUse`, `errorDeleting`, `in_Use`) or in Cinder's (`in-use`, `error_deleting`),
 * which OpenSDS's Cinder driver passed on. Every kind of error is `error`; what is not known, and what is on its way
 * (`attaching`, `extending`), is `unknown`, which is never ready.
 */
export function readStatus(status: string): { readonly state: VolumeState; readonly stateReason?: string } {
  const spelled = status
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[_\s]+/g, "-");
  const state = /^error(?:-|$)/.test(spelled) ? "error" : (states.get(spelled) ?? "unknown");
  return spelled === state ? { state } : { state, stateReason: `the driver's own status is ${quoteStart(status)}` };
}
