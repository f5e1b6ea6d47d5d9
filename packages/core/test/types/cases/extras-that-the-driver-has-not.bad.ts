import { defineDriver, extrasOf, isOpenedBy } from "@opensds/core";
import { arrayOptions, bare, driver } from "./support.js";

const array = defineDriver({ kind: "array", config: arrayOptions, connect: () => Promise.resolve({ ...bare, model: "x1" }) });
if (isOpenedBy(driver, array)) console.log(extrasOf(driver).modell); // TS2551
