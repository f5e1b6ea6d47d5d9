/** A text in which every secret is replaced by a mark: also in the forms that a URL or a JSON string gives it. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  let hidden = text;
  for (const form of formsOf(secrets)) hidden = hidden.replaceAll(form, "[secret]");
  return hidden;
}

/** Whether a text shows a secret. */
export const showsSecret = (text: string, secrets: readonly string[]): boolean => formsOf(secrets).some((form) => text.includes(form));

/** A copy of plain data in which no text shows a secret. */
export function withoutSecrets<Value>(value: Value, secrets: readonly string[]): Value {
  if (secrets.length === 0 || !showsSecret(JSON.stringify(value), secrets)) return value;
  const hidden: Value = JSON.parse(JSON.stringify(value), (_key, inner: unknown) => (typeof inner === "string" ? hideSecrets(inner, secrets) : inner));
  return hidden;
}

function formsOf(secrets: readonly string[]): readonly string[] {
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  return [...new Set(forms)].filter((form) => form !== "").sort((one, other) => other.length - one.length);
}
