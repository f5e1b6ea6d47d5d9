import * as v from "valibot";

/**
 * The parts that the contract's schemas are made of. They say nothing that JSON Schema (draft 2020-12) cannot say, so that the
 * published schemas and these parsers agree on every JSON value; rules that are more than a shape are functions in `guard/`.
 */

/** An object with these fields and no others: what callers hand in (SB-REQUEST-1). */
export function closed<const Entries extends v.ObjectEntries>(entries: Entries): v.StrictObjectSchema<Entries, undefined> {
  return withoutArrays(v.strictObject(entries));
}

/** An object with at least these fields: results and records, whose readers leave alone what they do not know. */
export function open<const Entries extends v.ObjectEntries>(entries: Entries): v.ObjectSchema<Entries, undefined> {
  return withoutArrays(v.object(entries));
}

/** An array is no object in JSON; valibot takes it for one. */
function withoutArrays<Schema extends v.GenericSchema>(schema: Schema): Schema {
  return {
    ...schema,
    "~run": (dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) => {
      if (!Array.isArray(dataset.value)) return schema["~run"](dataset, config);
      v._addIssue(schema, "type", dataset, config);
      return dataset;
    },
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTextMap = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((text) => typeof text === "string");

/** Any keys, texts as values. Not valibot's `record`, which drops keys such as `constructor`. */
export const textMap = v.pipe(
  v.custom<Readonly<Record<string, string>>>(isTextMap, "is no object of strings"),
  v.metadata({ type: "object", additionalProperties: { type: "string" } }),
  v.transform((map): Readonly<Record<string, string>> => ({ ...map })),
);

/** Any keys, any values. */
export const anyMap = v.pipe(v.custom<Readonly<Record<string, unknown>>>(isObject, "is no object"), v.metadata({ type: "object" }));

/** Text of so many characters, counted as JSON Schema does: by code points, not by UTF-16 units. */
export const textOf = (minLength: number, maxLength: number) =>
  v.pipe(
    v.custom<string>((value) => typeof value === "string" && isWithin(value, minLength, maxLength), `is no text of ${minLength} to ${maxLength} characters`),
    v.metadata({ type: "string", minLength, maxLength }),
  );

function isWithin(text: string, min: number, max: number): boolean {
  // Twice as many units as allowed are too many code points, however they pair up.
  if (text.length > 2 * max) return false;
  const characters = Array.from(text).length;
  return characters >= min && characters <= max;
}

/** Whole bytes, as exact as JSON's numbers are. */
export const bytes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
