import { defineDriver } from "@opensds/core";
import { arrayOptions, bare } from "./support.js";

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  connect: (config) => {
    console.log(config.pool);
    return Promise.resolve(bare);
  },
});
