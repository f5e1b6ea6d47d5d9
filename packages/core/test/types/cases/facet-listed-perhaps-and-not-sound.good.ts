import { defineDriver } from "@opensds/core";
import { arrayOptions, bare, health } from "./support.js";

const perhaps = { ...bare, health: Math.random() > 0.5 ? health : undefined };

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  facets: { always: [], maybe: ["health"] },
  connect: () => Promise.resolve(perhaps),
});
