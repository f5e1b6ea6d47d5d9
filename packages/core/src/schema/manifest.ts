import * as v from "valibot";
import type { BackendManifest, DriverManifest } from "../driver/manifest.js";
import { facetNames } from "../facets/facets.js";
import { accessModeSchema } from "./attachment.js";
import { bytes, open, textMap } from "./shapes.js";

const wholeBytes = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));

const manifestFields = {
  kind: v.pipe(v.string(), v.minLength(1)),
  limits: open({
    nameBytes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(128)),
    granularityBytes: wholeBytes,
    minVolumeBytes: bytes,
    maxVolumeBytes: wholeBytes,
  }),
  nameUniqueness: v.picklist(["guaranteed", "best-effort"]),
  accessModes: v.array(accessModeSchema),
  protocols: v.array(v.picklist(["file", "rbd", "iscsi", "nvme-tcp", "nfs"])),
  parameters: textMap,
} as const;

/** How its limits have to fit each other is told by `limitsProblem` (SB-MANIFEST-2). */
export const backendManifestSchema: v.GenericSchema<unknown, BackendManifest> = open(manifestFields);

export const driverManifestSchema: v.GenericSchema<unknown, DriverManifest> = open({
  ...manifestFields,
  facets: v.array(v.picklist(facetNames)),
});
