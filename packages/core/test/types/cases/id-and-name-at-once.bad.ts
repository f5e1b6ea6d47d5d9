import { volumeId } from "@opensds/core";
import { driver } from "./support.js";

export const found = driver.getVolume({ id: volumeId("a"), name: "a" }); // TS2345
