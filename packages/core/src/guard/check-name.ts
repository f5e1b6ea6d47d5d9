import { SouthboundError } from "../errors/southbound-error.js";
import type { CallSpec } from "./call-limits.js";
import { nameProblem } from "./names.js";

/** SB-NAME-3 of a whole request: its field `name` is a caller's name, whatever the request is for. */
export function checkName(request: unknown, nameBytes: number, spec: CallSpec): void {
  if (typeof request !== "object" || request === null || !("name" in request) || request.name === undefined) return;
  const problem = nameProblem(request.name, nameBytes);
  if (problem === undefined) return;
  throw new SouthboundError("INVALID_ARGUMENT", "bad-name", `${spec.operation}: ${problem}`, { ...spec, outcome: "none" });
}

/** SB-REQUEST-1 where a thing is named by id or by name: exactly one of the two is given. */
export function requireIdOrName<Id extends string>(
  { id, name }: { readonly id?: Id | undefined; readonly name?: string | undefined },
  spec: CallSpec,
): { readonly id: Id } | { readonly name: string } {
  if (id !== undefined && name === undefined) return { id };
  if (name !== undefined && id === undefined) return { name };
  const message = `${spec.operation}: give either id or name, one of the two`;
  throw new SouthboundError("INVALID_ARGUMENT", "bad-request", message, { ...spec, outcome: "none" });
}
