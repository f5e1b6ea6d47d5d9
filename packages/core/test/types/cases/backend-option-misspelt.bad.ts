import { backend, defineDriver } from "@opensds/core";
import { arrayOptions, bare } from "./support.js";

const array = defineDriver({ kind: "array", config: arrayOptions, connect: () => Promise.resolve(bare) });
export const ssd = backend(array, { pool: "ssd", portal: ["10.0.0.1"] }); // TS2561
