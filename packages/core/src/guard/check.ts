import * as v from "valibot";
import { SouthboundError } from "../errors/southbound-error.js";
import type { CallSpec } from "./call-limits.js";

/** Reads what a caller handed in; INVALID_ARGUMENT `bad-request` says which field is wrong and how. */
export function checkRequest<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  spec: CallSpec,
  what = "request",
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => describeIssue(issue, what));
  throw new SouthboundError("INVALID_ARGUMENT", "bad-request", `${spec.operation}: ${problems.join("; ")}`, {
    ...spec,
    outcome: "none",
    details: { problems },
  });
}

/** Reads what a driver returned; INTERNAL `driver-broke-contract` when it is not what the contract says. */
export function checkResult<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  spec: CallSpec,
  what: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => describeIssue(issue, what));
  throw new SouthboundError("INTERNAL", "driver-broke-contract", `${spec.operation} returned a bad ${what}: ${problems.join("; ")}`, {
    ...spec,
    details: { problems },
  });
}

function describeIssue(issue: v.BaseIssue<unknown>, what: string): string {
  const where = v.getDotPath(issue) ?? `the ${what}`;
  if (issue.type === "strict_object" && issue.expected === "never") return `${where} is not a field of the ${what}`;
  if (issue.received === "undefined" && issue.path !== undefined) return `${where} is missing`;
  return issue.message.startsWith("is ") ? `${where} ${issue.message}` : `${where}: ${lowerFirst(issue.message)}`;
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
