import { supports } from "@opensds/core";
import { driver } from "./support.js";

if (supports(driver, "trash")) {
  for await (const snapshot of driver.snapshots.listSnapshots()) console.log(snapshot.name); // TS18048
}
