import { requireFacets, volumeId } from "@opensds/core";
import { driver } from "./support.js";

const able = requireFacets(driver, "snapshots", "trash");
export const grown = able.expansion.expandVolume({ id: volumeId("v"), capacity: { requiredBytes: 2 ** 31 } }); // TS18048
