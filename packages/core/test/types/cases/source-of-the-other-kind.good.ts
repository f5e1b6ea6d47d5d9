import { volumeId, type VolumeSource } from "@opensds/core";

export const source: VolumeSource = { kind: "volume", volumeId: volumeId("a") };
