import { defineDriver } from "@opensds/core";
import { arrayOptions, bare, type ArrayOptions } from "./support.js";

const open = (pool: ArrayOptions["portals"]): string => String(pool);

export const array = defineDriver({
  kind: "array",
  config: arrayOptions,
  connect: (config) => {
    console.log(open(config.pool)); // TS2345
    return Promise.resolve(bare);
  },
});
