import { backend, defineDriver, secret } from "@opensds/core";
import { arrayOptions, bare } from "./support.js";

const array = defineDriver({ kind: "array", config: arrayOptions, connect: () => Promise.resolve(bare) });
export const ssd = backend(array, { pool: "ssd", password: secret("hunter2") });
export { secret };
