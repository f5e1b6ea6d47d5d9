import { backend, defineDriver, openBackends } from "@opensds/core";
import { arrayOptions, bare } from "./support.js";

const array = defineDriver({ kind: "array", config: arrayOptions, connect: () => Promise.resolve(bare) });
const backends = await openBackends({ backends: { ssd: backend(array, { pool: "ssd" }) } });
export const isArray = backends.get("ssd").kind === "array";
