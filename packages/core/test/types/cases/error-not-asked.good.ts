import { isSouthboundError } from "@opensds/core";
import { driver } from "./support.js";

try {
  await driver.setup();
} catch (error) {
  if (isSouthboundError(error)) console.log(error.recovery);
}
export { isSouthboundError };
