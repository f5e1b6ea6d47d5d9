import type { BackendCreateRequest } from "../driver/storage-backend.js";
import { SouthboundError } from "../errors/southbound-error.js";
import { createVolumeSchema } from "../schema/volume.js";
import { resolveCapacity } from "./capacity.js";
import type { CallSpec } from "./call-limits.js";
import { checkRequest } from "./check.js";
import type { OpenBackend } from "./lifecycle.js";
import { nameProblem } from "./names.js";

/** Checks a create request against the contract and this backend's manifest, and settles the size. */
export function checkCreateRequest(value: unknown, { backend, manifest }: OpenBackend, spec: CallSpec): BackendCreateRequest {
  const { name, capacity, parameters, source } = checkRequest(createVolumeSchema, value, spec);
  const refuse = (code: "INVALID_ARGUMENT" | "OUT_OF_RANGE", reason: string, problem: string): SouthboundError =>
    new SouthboundError(code, reason, `createVolume: ${problem}`, { ...spec, outcome: "none" });

  const wrongName = nameProblem(name, manifest.limits.nameBytes);
  if (wrongName !== undefined) throw refuse("INVALID_ARGUMENT", "bad-name", wrongName);

  const size = resolveCapacity(capacity, manifest.limits);
  if ("problem" in size) throw refuse(size.code, size.code === "OUT_OF_RANGE" ? "size-out-of-range" : "bad-size", size.problem);

  for (const parameter of Object.keys(parameters)) {
    if (Object.hasOwn(manifest.parameters, parameter)) continue;
    const known = Object.keys(manifest.parameters).join(", ") || "none";
    throw refuse("INVALID_ARGUMENT", "unknown-parameter", `this backend has no parameter ${JSON.stringify(parameter)}; it has: ${known}`);
  }
  if (source !== undefined && backend.sources?.kinds.includes(source.kind) !== true) {
    const message = `createVolume: this backend cannot make a volume from a ${source.kind}`;
    throw new SouthboundError("UNIMPLEMENTED", "source-unsupported", message, { ...spec, outcome: "none" });
  }
  const { sizeBytes, requiredBytes, limitBytes } = size;
  const request = { name, sizeBytes, capacity: { requiredBytes, limitBytes }, parameters };
  return source === undefined ? request : { ...request, source };
}
