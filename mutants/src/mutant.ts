import type { BackendFacets, FacetMap, FacetName, StorageBackend, VolumeDriver } from "@opensds/core";
import type { OpenBackends, RuleId } from "@opensds/testkit";

/** A sound backend with every facet, for a mutant to call. */
export type SoundBackend = StorageBackend & Pick<BackendFacets, FacetName>;

/** What takes the place of a backend's own methods, and of single methods of its facets. */
export type BackendChange = Partial<StorageBackend> & { readonly [Facet in FacetName]?: Partial<BackendFacets[Facet]> };

/** What takes the place of a driver's own methods: of one that was not made with core's guard and host half. */
export type DriverChange = Partial<Omit<VolumeDriver, FacetName>> & { readonly [Facet in FacetName]?: Partial<FacetMap[Facet]> };

/**
 * A driver that breaks one rule. The difference stands in one of `backend`, `driver` and `opening`, in at most 15 lines; each is
 * called once per process, so that what it remembers is shared by all drivers of that process.
 */
export interface Mutant {
  /** What it does wrong, in words that follow "a driver that". */
  readonly name: string;
  /** The rule that it breaks; more than one where one behaviour is told by several. Only a check that cites one of them kills it. */
  readonly breaks: RuleId | readonly RuleId[];
  /** Where this was seen in the field. */
  readonly seen?: string;
  /** Checks that cite none of the rules and cannot but fail too, and why. At most three. */
  readonly alsoFails?: Readonly<Record<string, string>>;
  /** Beneath the guard: what a driver's author may get wrong. */
  readonly backend?: () => (sound: SoundBackend) => BackendChange;
  /** Above the guard: what core keeps for authors who use it. */
  readonly driver?: () => (sound: VolumeDriver) => DriverChange;
  /** What opens backends files. */
  readonly opening?: (sound: OpenBackends) => OpenBackends;
}

/** A mutant of the Ceph driver: always beneath the guard. */
export type CephMutant = Omit<Mutant, "driver" | "opening"> & Required<Pick<Mutant, "backend">>;

/** The rules that a mutant breaks. */
export const rulesOf = ({ breaks }: Pick<Mutant, "breaks">): readonly RuleId[] => (typeof breaks === "string" ? [breaks] : breaks);
