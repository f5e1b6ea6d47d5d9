import { volumeId, type ExpansionFacet } from "@opensds/core";

export async function grow(expansion: ExpansionFacet): Promise<boolean> {
  const { hostStep } = await expansion.expandVolume({ id: volumeId("a"), capacity: { requiredBytes: 2 ** 31 } });
  return hostStep === "needed"; // TS2367
}
