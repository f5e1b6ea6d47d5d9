import { driver } from "./support.js";

export const ready = driver.setup({ timeoutMs: 5_000 });
