import { driver } from "./support.js";

for  (const volume of driver.listVolumes()) console.log(volume.name); // TS2488
