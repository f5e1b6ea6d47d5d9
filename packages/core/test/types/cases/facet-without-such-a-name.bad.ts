import { supports } from "@opensds/core";
import { driver } from "./support.js";

export const canCut = supports(driver, "snapshot"); // TS2345
