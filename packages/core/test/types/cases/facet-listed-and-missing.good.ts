import { defineDriver } from "@opensds/core";
import { arrayOptions, bare, health } from "./support.js";

const healthy = { ...bare, health };

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  facets: { always: ["health"], maybe: [] },
  connect: () => Promise.resolve(healthy),
});
console.log(healthy.manifest.kind);
