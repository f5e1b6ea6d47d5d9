import * as v from "valibot";

/** Ids are opaque: 1 to 128 printable ASCII characters. */
export const idText = v.pipe(
  v.string(),
  v.regex(/^[\x21-\x7e]{1,128}$/, "is no id: 1 to 128 printable ASCII characters"),
);
