import { supports } from "@opensds/core";
import { driver } from "./support.js";

if (supports(driver, "snapshots")) {
  for await (const snapshot of driver.snapshots.listSnapshots()) console.log(snapshot.name);
}
