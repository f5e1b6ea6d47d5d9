import { defineDriver } from "@opensds/core";
import { arrayOptions, bare, health } from "./support.js";

const healthy = { ...bare, health };

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  facets: { always: [], maybe: ["trash"] },
  connect: () => Promise.resolve(healthy), // TS2322
});
