import { settle, volumeId, type Volume } from "@opensds/core";
import { driver } from "./support.js";

const settled = await settle("getVolume", driver.getVolume({ id: volumeId("a") }));
export const volume: Volume | undefined = settled.ok ? settled.value : undefined;
