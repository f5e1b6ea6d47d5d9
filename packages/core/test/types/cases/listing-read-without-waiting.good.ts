import { driver } from "./support.js";

for await (const volume of driver.listVolumes()) console.log(volume.name);
