import { snapshotId, volumeId } from "@opensds/core";
import { driver } from "./support.js";

export const gone = driver.deleteVolume({ id: volumeId("a") });
console.log(volumeId("b"), snapshotId("c"));
