import { volumeId } from "@opensds/core";
import { driver } from "./support.js";

export const attached = driver.attachVolume({ volumeId: volumeId("a"), mode: "multi-reader" });
