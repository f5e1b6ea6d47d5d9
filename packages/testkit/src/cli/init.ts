import type { InitRequest } from "./arguments.js";
import type { ProgressOutput } from "./progress.js";
export function initProject(_request: InitRequest, _stdout: ProgressOutput): number {
  return 1;
}
