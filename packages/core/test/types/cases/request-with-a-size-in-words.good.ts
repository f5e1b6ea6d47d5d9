import { driver } from "./support.js";

export const made = driver.createVolume({ name: "a", capacity: { requiredBytes: 1_073_741_824 } });
