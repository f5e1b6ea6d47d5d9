import type { VolumeDriver } from "../driver/volume-driver.js";
import { SouthboundError } from "../errors/southbound-error.js";
import type { FacetMap, FacetName } from "./facets.js";

/** A driver that surely has these facets. */
export type DriverWith<Name extends FacetName> = VolumeDriver & { readonly [Facet in Name]: FacetMap[Facet] };

/** Whether an opened driver has a facet; narrows the driver's type. */
export function supports<Name extends FacetName>(driver: VolumeDriver, facet: Name): driver is DriverWith<Name> {
  return driver[facet] !== undefined;
}

/** Insists on facets: UNIMPLEMENTED `no-such-facet` names those that are missing and those that there are. */
export function requireFacets<Name extends FacetName>(driver: VolumeDriver, ...facets: readonly Name[]): DriverWith<Name> {
  if (hasAll(driver, facets)) return driver;
  const missing = facets.filter((facet) => driver[facet] === undefined);
  const has = driver.manifest.facets.join(", ") || "none";
  throw new SouthboundError("UNIMPLEMENTED", "no-such-facet", `the backend ${driver.backend} has no ${missing.join(", ")}; it has: ${has}`, {
    backend: driver.backend,
    outcome: "none",
    details: { missing },
  });
}

function hasAll<Name extends FacetName>(driver: VolumeDriver, facets: readonly Name[]): driver is DriverWith<Name> {
  return facets.every((facet) => driver[facet] !== undefined);
}
