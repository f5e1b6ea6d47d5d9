const hidden = "[secret]";

/**
 * A value that must not be printed. JSON, templates, `util.inspect` and error messages show `[secret]`; only
 * {@link revealSecret} reads it, so one search finds every use.
 *
 * An interface rather than a class: the types of two copies of this package stay assignable to each other.
 */
export interface Secret {
  readonly "~opensds": "Secret";
  toJSON(): "[secret]";
  toString(): "[secret]";
}

/**
 * The values stand in a map that every copy of this package shares, not in a property: nothing that walks an object
 * (a logger, `structuredClone`, `Object.getOwnPropertySymbols`) can reach them.
 */
const registryKey = Symbol.for("@opensds/core/secrets");

function values(): WeakMap<object, string> {
  const existing: unknown = Reflect.get(globalThis, registryKey);
  if (existing instanceof WeakMap) return existing;
  const created = new WeakMap<object, string>();
  Reflect.defineProperty(globalThis, registryKey, { value: created });
  return created;
}

/** Wraps a value that must not be printed. */
export function secret(value: string): Secret {
  const wrapped: Secret & Record<symbol, unknown> = {
    "~opensds": "Secret",
    toJSON: () => hidden,
    toString: () => hidden,
    [Symbol.for("nodejs.util.inspect.custom")]: () => hidden,
    [Symbol.toPrimitive]: () => hidden,
  };
  values().set(wrapped, value);
  return Object.freeze(wrapped);
}

/** Reads a secret. Call it where the value leaves for a file or a request body, nowhere else. */
export function revealSecret(wrapped: Secret): string {
  const value = values().get(wrapped);
  if (value === undefined) throw new TypeError("not a secret made by secret()");
  return value;
}

/** Whether a value is a {@link Secret}. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === "object" && value !== null && values().has(value);
}
