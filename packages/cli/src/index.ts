/** The `opensds` command as a function, for programs that bring it along and for tests. */
export { main, type Surroundings } from "./main.js";
export type { Stream } from "./output.js";
export type { Terminal } from "./confirm.js";
