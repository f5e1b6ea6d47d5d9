import { isSouthboundError, type SouthboundError } from "@opensds/core";
import { isDeepStrictEqual } from "node:util";
import type { CheckContext, ExpectedError } from "../check-context.js";
import { describeValue } from "./call-log.js";
import { CheckFailure, CheckSkipped } from "./outcome.js";

const longest = 1_500;

/** The part of a check's context that looks at results. */
export const assertions: Pick<CheckContext, "equal" | "ok" | "fail" | "expectError" | "skip"> = {
  equal: (actual, expected, what) => {
    if (isDeepStrictEqual(actual, expected)) return;
    throw new CheckFailure(`not as it should be: ${what}`, describeValue(expected, longest), describeValue(actual, longest));
  },
  ok: (condition, expected, actual) => {
    if (!condition) throw notSo(expected, actual);
  },
  fail: (expected, actual) => {
    throw notSo(expected, actual);
  },
  expectError: async (call, expected, what) => {
    const outcome = await call.then(
      (value: unknown) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const wanted = describeExpected(expected);
    if ("value" in outcome) throw new CheckFailure(`${what} succeeded`, wanted, describeValue(outcome.value, longest));
    const { error } = outcome;
    if (!isSouthboundError(error)) throw new CheckFailure(`${what} failed with something else than a SouthboundError`, wanted, describeValue(error), error);
    if (!matches(error, expected)) throw new CheckFailure(`${what} failed in another way`, wanted, describeValue(error), error);
    return error;
  },
  skip: (reason, cause = "backend") => {
    throw new CheckSkipped(reason, cause);
  },
};

const notSo = (expected: string, actual: unknown): CheckFailure =>
  new CheckFailure(`not so: ${expected}`, expected, describeValue(actual, longest));

function matches(error: SouthboundError, { code, reason, outcome }: ExpectedError): boolean {
  const codes = typeof code === "string" ? [code] : code;
  return (
    (codes === undefined || codes.includes(error.code)) &&
    (reason === undefined || error.reason === reason) &&
    (outcome === undefined || error.outcome === outcome)
  );
}

function describeExpected({ code, reason, outcome }: ExpectedError): string {
  const codes = code === undefined ? "an error" : typeof code === "string" ? code : code.join(" or ");
  return [codes, reason, outcome === undefined ? undefined : `(outcome ${outcome})`].filter((part) => part !== undefined).join(" ");
}
