import { defineDriver } from "@opensds/core";
import { arrayOptions, bare, type ArrayOptions } from "./support.js";

const open = (pool: ArrayOptions["pool"]): string => String(pool);

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  connect: (config) => {
    console.log(open(config.pool));
    return Promise.resolve(bare);
  },
});
