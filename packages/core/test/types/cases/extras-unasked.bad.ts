import { defineDriver, extrasOf, isOpenedBy } from "@opensds/core";
import { arrayOptions, bare, driver } from "./support.js";

const array = defineDriver({ kind: "array", config: arrayOptions, connect: () => Promise.resolve({ ...bare, model: "x1" }) });
const isSame = Object.is;
export const extras = isSame(driver, array) ? extrasOf(driver) : undefined; // TS2379 with exactOptionalPropertyTypes, TS2345 without
export { isOpenedBy, isSame };
