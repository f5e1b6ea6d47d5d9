import { driver } from "./support.js";

export const ready = driver.setup({ timeoutMS: 5_000 }); // TS2561
