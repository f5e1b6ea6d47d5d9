import { settle } from "@opensds/core";
import { driver } from "./support.js";

export const settled = settle("set-up", driver.setup()); // TS2345
