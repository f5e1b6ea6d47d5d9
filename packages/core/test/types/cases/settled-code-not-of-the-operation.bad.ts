import { settle, volumeId } from "@opensds/core";
import { driver } from "./support.js";

const settled = await settle("getVolume", driver.getVolume({ id: volumeId("a") }));
export const isGone = !settled.ok && settled.error.code === "ALREADY_EXISTS"; // TS2367
