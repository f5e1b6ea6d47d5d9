import { isSouthboundError } from "@opensds/core";
import { driver } from "./support.js";

try {
  await driver.setup();
} catch (error) {
  if (Boolean(error)) console.log(error.recovery); // TS18046
}
export { isSouthboundError };
