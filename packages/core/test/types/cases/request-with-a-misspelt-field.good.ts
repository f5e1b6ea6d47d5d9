import { driver } from "./support.js";

export const made = driver.createVolume({ name: "a", capacity: { requiredBytes: 2 ** 30 } });
