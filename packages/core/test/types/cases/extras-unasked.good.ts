import { defineDriver, extrasOf, isOpenedBy } from "@opensds/core";
import { arrayOptions, bare, driver } from "./support.js";

const array = defineDriver({ kind: "array", config: arrayOptions, connect: () => Promise.resolve({ ...bare, model: "x1" }) });
const isSame = Object.is;
export const extras = isOpenedBy(driver, array) ? extrasOf(driver) : undefined;
export { isOpenedBy, isSame };
