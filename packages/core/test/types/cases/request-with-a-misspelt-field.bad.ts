import { driver } from "./support.js";

export const made = driver.createVolume({ name: "a", capacity: { requireBytes: 2 ** 30 } }); // TS2561
