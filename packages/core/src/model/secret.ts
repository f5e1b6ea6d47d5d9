const hidden = "[secret]";

/**
 * A value that must not be printed. JSON, templates, `util.inspect` and error messages show `[secret]`; only `reveal()` reads it,
 * so one search finds every use. It cannot be cloned into another process by accident: it holds functions.
 *
 * An interface rather than a class: the types of two copies of this package stay assignable to each other.
 */
export interface Secret {
  readonly "~opensds": "Secret";
  /** Reads the value. Call it where the value leaves for a file or a request body, nowhere else. */
  reveal(): string;
  /** What `JSON.stringify` shows. */
  toJSON(): "[secret]";
  /** What a template shows. */
  toString(): "[secret]";
}

/** Wraps a value that must not be printed. */
export function secret(value: string): Secret {
  const wrapped: Secret & Readonly<Record<symbol, unknown>> = {
    "~opensds": "Secret",
    reveal: () => value,
    toJSON: () => hidden,
    toString: () => hidden,
    [Symbol.for("nodejs.util.inspect.custom")]: () => hidden,
    [Symbol.toPrimitive]: () => hidden,
  };
  return Object.freeze(wrapped);
}

/** Whether a value is a {@link Secret}. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === "object" && value !== null && "~opensds" in value && value["~opensds"] === "Secret" && "reveal" in value;
}
