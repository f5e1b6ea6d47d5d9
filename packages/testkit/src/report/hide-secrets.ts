import type { CheckResult } from "./report.js";

/** A text in which every secret is replaced by a mark: also in the forms that a URL or a JSON string gives it. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  let hidden = text;
  for (const form of formsOf(secrets)) hidden = hidden.replaceAll(form, "[secret]");
  return hidden;
}

/** Whether a text shows a secret. */
export const showsSecret = (text: string, secrets: readonly string[]): boolean => formsOf(secrets).some((form) => text.includes(form));

/** A check's result in which nothing that a driver said shows a secret. */
export function withoutSecrets(result: CheckResult, secrets: readonly string[]): CheckResult {
  if (secrets.length === 0 || !showsSecret(JSON.stringify(result), secrets)) return result;
  const hide = (text: string): string => hideSecrets(text, secrets);
  const { reason, error, calls, leftovers } = result;
  return {
    ...result,
    ...(reason !== undefined && { reason: hide(reason) }),
    ...(error !== undefined && {
      error: {
        ...error,
        message: hide(error.message),
        ...(error.expected !== undefined && { expected: hide(error.expected) }),
        ...(error.actual !== undefined && { actual: hide(error.actual) }),
        ...(error.stack !== undefined && { stack: hide(error.stack) }),
      },
    }),
    ...(calls !== undefined && { calls: calls.map((call) => ({ ...call, request: hide(call.request), result: hide(call.result) })) }),
    ...(leftovers !== undefined && { leftovers: leftovers.map(hide) }),
  };
}

function formsOf(secrets: readonly string[]): readonly string[] {
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  return [...new Set(forms)].filter((form) => form !== "").sort((one, other) => other.length - one.length);
}
