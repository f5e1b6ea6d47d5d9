import { facetNames, type FacetName } from "@opensds/core";
import { families, levels, type Check, type CheckLevel, type Family } from "../check.js";
import { BadInput } from "../target/bad-input.js";

/** Which checks to run. What is absent does not restrict; what is there has to hold all together. */
export interface Selection {
  readonly ids?: readonly string[] | undefined;
  readonly families?: readonly string[] | undefined;
  /** The checks that are about one of these facets. */
  readonly facets?: readonly string[] | undefined;
  /** `basic` leaves out the checks of level `full`. Default `full`: all. */
  readonly level?: string | undefined;
}

/** The checks that a selection means, in the suite's order; BadInput for anything that it names and that is not there. */
export function selectChecks(checks: readonly Check[], selection: Selection = {}): readonly Check[] {
  const { ids, families: wanted, facets, level } = selection;
  const known = new Set(checks.map(({ id }) => id));
  for (const id of ids ?? []) {
    if (!known.has(id)) throw new BadInput(`there is no check ${id}; there are ${[...known].join(", ")}`);
  }
  for (const family of wanted ?? []) {
    if (!isFamily(family)) throw new BadInput(`there is no family ${family}; there are ${families.join(", ")}`);
  }
  for (const facet of facets ?? []) {
    if (!isFacet(facet)) throw new BadInput(`there is no facet ${facet}; there are ${facetNames.join(", ")}`);
  }
  if (level !== undefined && !isLevel(level)) throw new BadInput(`there is no level ${level}; there are ${levels.join(", ")}`);
  return checks.filter(
    (check) =>
      (ids === undefined || ids.includes(check.id)) &&
      (wanted === undefined || wanted.includes(check.family)) &&
      (facets === undefined || check.facets?.some((facet) => facets.includes(facet)) === true) &&
      (level !== "basic" || check.level === "basic"),
  );
}

const isFamily = (value: string): value is Family => families.some((family) => family === value);
const isFacet = (value: string): value is FacetName => facetNames.some((facet) => facet === value);
const isLevel = (value: string): value is CheckLevel => levels.some((level) => level === value);
