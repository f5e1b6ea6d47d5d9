import { defineDriver } from "@opensds/core";
import { arrayOptions, bare } from "./support.js";

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  connect: (config) => {
    console.log(config.pol); // TS2551
    return Promise.resolve(bare);
  },
});
