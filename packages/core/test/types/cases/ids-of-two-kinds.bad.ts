import { snapshotId, volumeId } from "@opensds/core";
import { driver } from "./support.js";

export const gone = driver.deleteVolume({ id: snapshotId("a") }); // TS2322
console.log(volumeId("b"), snapshotId("c"));
