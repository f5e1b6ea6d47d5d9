import { volumeId, type VolumeSource } from "@opensds/core";

export const source: VolumeSource = { kind: "snapshot", volumeId: volumeId("a") }; // TS2353
