import type { Check } from "../check.js";
import { anyCalls, callAnyhow, type AnyCall } from "./support/any-call.js";

/** What holds of every request. */
export const requestChecks: readonly Check[] = [
  {
    id: "CONTRACT-1",
    family: "contract",
    level: "basic",
    title: "A request that lacks a field, has an unknown one or one of another type is refused by the field's name",
    rules: ["SB-REQUEST-1"],
    run: async (ctx) => {
      for (const call of anyCalls(ctx)) {
        for (const { what, request, field } of wrongRequests(call)) {
          const refused = { code: "INVALID_ARGUMENT", reason: "bad-request", outcome: "none" } as const;
          const error = await ctx.expectError(callAnyhow(ctx, ctx.driver, call.operation, request), refused, `${call.operation} ${what}`);
          ctx.ok(error.message.includes(field), `the message of ${call.operation} ${what} names the field`, error.message);
        }
      }
    },
  },
];

/** How misuse fails. */
export const requestErrorChecks: readonly Check[] = [
  {
    id: "ERRORS-2",
    family: "errors",
    level: "basic",
    title: "Misuse fails with a southbound error by the promise, and never by throwing from the call",
    rules: ["SB-ERROR-3"],
    run: async (ctx) => {
      for (const { operation, optional, request } of anyCalls(ctx)) {
        const mayBeAbsent = Object.keys(request).every((field) => optional?.includes(field) === true);
        for (const value of [7, "text", ...(mayBeAbsent ? [] : [null, undefined])]) {
          const what = `${operation} with ${value === undefined ? "nothing" : JSON.stringify(value)} for its request`;
          await ctx.expectError(callAnyhow(ctx, ctx.driver, operation, value), { code: "INVALID_ARGUMENT", outcome: "none" }, what);
        }
        const options = { timeoutMs: -1 };
        const what = `${operation} with a negative timeoutMs`;
        await ctx.expectError(callAnyhow(ctx, ctx.driver, operation, request, options), { code: "INVALID_ARGUMENT", outcome: "none" }, what);
      }
    },
  },
];

interface WrongRequest {
  readonly what: string;
  readonly field: string;
  readonly request: unknown;
}

function wrongRequests({ request, optional = [], open = false }: AnyCall): readonly WrongRequest[] {
  const fields = Object.keys(request);
  const lacking = fields.filter((field) => !optional.includes(field));
  return [
    ...lacking.map((field) => ({
      what: `without ${field}`,
      field,
      request: Object.fromEntries(Object.entries(request).filter(([name]) => name !== field)),
    })),
    ...(open ? [] : [{ what: "with a field colour", field: "colour", request: { ...request, colour: "blue" } }]),
    // No field of any request is true or false, or takes it for something else.
    ...fields.map((field) => ({ what: `with true for ${field}`, field, request: { ...request, [field]: true } })),
  ];
}
