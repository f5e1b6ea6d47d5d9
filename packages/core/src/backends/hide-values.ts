import { isSecret } from "../model/secret.js";

const hidden = "[hidden]";

/** Shorter values are hidden where they stand in quotes only: bare, they are part of too many words. */
const bareLength = 4;

/**
 * Words a message of a driver's schema without the values that the message repeats: validators like to say what they received,
 * and that may be a password in the wrong place.
 */
export function hideValues(message: string, options: unknown): string {
  const values = [...valuesIn(options)].sort((a, b) => b.length - a.length);
  return values.reduce((text, value) => {
    const quoted = [JSON.stringify(value), `'${value}'`, `"${value}"`, `\`${value}\``];
    const forms = value.length < bareLength ? quoted : [...quoted, JSON.stringify(value).slice(1, -1), value];
    return forms.reduce((rest, form) => rest.replaceAll(form, hidden), text);
  }, message);
}

/** Every scalar in a driver's options, as text; revealed secrets too. */
function valuesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === "string") {
    if (value !== "") found.add(value);
  } else if (typeof value === "number" || typeof value === "bigint") found.add(String(value));
  else if (isSecret(value)) found.add(value.reveal());
  else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) valuesIn(inner, found);
  return found;
}
