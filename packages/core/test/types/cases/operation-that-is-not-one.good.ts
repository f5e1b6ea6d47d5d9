import { settle } from "@opensds/core";
import { driver } from "./support.js";

export const settled = settle("setup", driver.setup());
