import { facetNames, type DriverDefinition } from "@opensds/core";
import { ceph } from "@opensds/driver-ceph";
import { cinder } from "@opensds/driver-cinder";
import { reference } from "@opensds/testkit/reference";
import { markdownTable } from "./tables.js";

const drivers: readonly (readonly [string, Pick<DriverDefinition, "facets">])[] = [
  ["`ceph`", ceph],
  ["`cinder`", cinder],
  ["`reference`", reference],
];

/** What each facet is for, in words of its user. */
const purposes: Readonly<Record<(typeof facetNames)[number], string>> = {
  snapshots: "cut, list, go back",
  sources: "a volume from a snapshot or another volume",
  expansion: "grow, in use too, with device and file system",
  pools: "what is free and what is promised",
  qos: "limits of I/O",
  groups: "snapshots of several volumes at one moment",
  imports: "take other tools' volumes over, and let go",
  trash: "deleted volumes come back",
  changedBlocks: "what differs between two snapshots",
  health: "real use, and who has it open",
  reconciliation: "find and mend what crashes left",
  fencing: "cut a dead host off",
  doctor: "what will go wrong before it does",
};

/** Which driver has which facet, as the drivers declare it and core checks at `setup`. */
export function facetsTable(): string {
  const cell = (facet: (typeof facetNames)[number], { facets }: Pick<DriverDefinition, "facets">): string => {
    if (facets.always.includes(facet)) return "yes";
    return facets.maybe.includes(facet) ? "depends" : "";
  };
  const rows = facetNames.map((facet) => [`\`${facet}\``, purposes[facet], ...drivers.map(([, driver]) => cell(facet, driver))]);
  return markdownTable(["facet", "", ...drivers.map(([name]) => name)], [["the ten operations", "volumes, attachments, mounts", ...drivers.map(() => "yes")], ...rows]);
}
