import { defineDriver } from "@opensds/core";
import { arrayOptions, bare } from "./support.js";

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  facets: { always: [], maybe: ["healthy"] }, // TS2820
  connect: () => Promise.resolve(bare),
});
