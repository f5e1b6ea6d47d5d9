import { volumeId } from "@opensds/core";
import { driver } from "./support.js";

export const cut = driver.snapshots.createSnapshot({ name: "nightly", sourceVolumeId: volumeId("v") }); // TS18048
