import * as v from "valibot";
import { closed, textOf } from "./shapes.js";

/** What every request for a list may say. */
export const pageFields = {
  pageSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
  startToken: v.optional(textOf(1, 4096)),
};

export const pageRequest = closed(pageFields);
