import { defineDriver } from "@opensds/core";
import { arrayOptions, bare } from "./support.js";

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  facets: { always: [], maybe: ["health"] },
  connect: () => Promise.resolve(bare),
});
