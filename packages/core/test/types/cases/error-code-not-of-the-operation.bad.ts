import { isSouthboundError } from "@opensds/core";
import { driver } from "./support.js";

try {
  await driver.createVolume({ name: "a", capacity: { requiredBytes: 1 } });
} catch (error) {
  if (isSouthboundError(error, "createVolume") && error.code === "DATA_LOSS") console.log("too large"); // TS2367
}
