import { facetNames, type FacetMap, type FacetName } from "@opensds/core";
import type { Check } from "../check.js";
import { findByName } from "./support/volumes.js";

/** What a backend says about itself. */
export const manifestChecks: readonly Check[] = [
  {
    id: "MANIFEST-1",
    family: "manifest",
    level: "basic",
    title: "The manifest is plain data with sane limits and stays the same while the backend is used",
    rules: ["SB-MANIFEST-1", "SB-MANIFEST-2"],
    run: async (ctx) => {
      const { driver } = ctx;
      const before = structuredClone(driver.manifest);
      ctx.equal(JSON.parse(JSON.stringify(driver.manifest)), before, "the manifest after a trip through JSON");
      ctx.equal(before.kind, driver.kind, "the manifest's kind");

      const { nameBytes, granularityBytes, minVolumeBytes, maxVolumeBytes } = before.limits;
      const whole = Object.values(before.limits).every(Number.isSafeInteger);
      ctx.ok(whole, "every limit is a whole number up to 2^53 - 1", before.limits);
      ctx.ok(nameBytes >= 1 && nameBytes <= 128, "limits.nameBytes is 1 to 128", nameBytes);
      ctx.ok(granularityBytes >= 1, "limits.granularityBytes is at least 1", granularityBytes);
      const fits = minVolumeBytes >= 1 && minVolumeBytes % granularityBytes === 0;
      ctx.ok(fits, "limits.minVolumeBytes is a multiple of granularityBytes, above 0", before.limits);
      ctx.ok(maxVolumeBytes >= minVolumeBytes, "limits.maxVolumeBytes is at least minVolumeBytes", before.limits);

      const volume = await ctx.create("used");
      await driver.deleteVolume({ id: volume.id });
      ctx.equal(driver.manifest, before, "the manifest after a create and a delete");
      ctx.equal(await driver.setup(), before, "the manifest that setup returns again");
      const other = await ctx.open();
      ctx.equal(other.manifest, before, "the manifest of another opened driver");
    },
  },
  {
    id: "MANIFEST-2",
    family: "manifest",
    level: "basic",
    title: "The facets that the manifest names are there with all their operations, and no others",
    rules: ["SB-MANIFEST-3"],
    run: async (ctx) => {
      for (const driver of [ctx.driver, await ctx.open()]) {
        const named = new Set<FacetName>(driver.manifest.facets);
        ctx.equal(facetNames.filter((name) => driver[name] !== undefined), facetNames.filter((name) => named.has(name)), "the facets that are there");
        for (const name of named) {
          const facet: object = driver[name] ?? {};
          const missing = facetMembers[name].filter((member) => Reflect.get(facet, member) === undefined);
          ctx.equal(missing, [], `the operations that the facet ${name} lacks`);
        }
        const unknown = driver.manifest.facets.filter((name) => !facetNames.includes(name));
        ctx.equal(unknown, [], "facets in the manifest that there are not");
      }
    },
  },
  {
    id: "MANIFEST-3",
    family: "manifest",
    level: "basic",
    title: "A create parameter that the manifest does not name is refused, and nothing is made",
    rules: ["SB-MANIFEST-4"],
    run: async (ctx) => {
      const name = ctx.name("refused");
      const capacity = { requiredBytes: ctx.sizes.small };
      for (const parameter of ["no-such-parameter", "constructor", "__proto__"]) {
        const parameters = Object.fromEntries([[parameter, "x"]]);
        const refused = { code: "INVALID_ARGUMENT", reason: "unknown-parameter", outcome: "none" } as const;
        await ctx.expectError(ctx.driver.createVolume({ name, capacity, parameters }), refused, `createVolume with the parameter ${parameter}`);
      }
      ctx.equal(await findByName(ctx.driver, name), undefined, "a volume under the refused name");
    },
  },
];

type Members = { readonly [Name in FacetName]: readonly (keyof FacetMap[Name] & string)[] };

const facetMembers: Members = {
  snapshots: ["createSnapshot", "getSnapshot", "listSnapshots", "deleteSnapshot", "revertVolume"],
  sources: ["kinds"],
  expansion: ["expandVolume", "growAttachment"],
  pools: ["listPools"],
  qos: ["modifyVolume", "getQos"],
  groups: [
    "createGroup",
    "getGroup",
    "listGroups",
    "updateGroup",
    "deleteGroup",
    "createGroupSnapshot",
    "getGroupSnapshot",
    "deleteGroupSnapshot",
  ],
  imports: ["listImportable", "importVolume", "unmanageVolume"],
  trash: ["listTrash", "undeleteVolume", "purgeVolume"],
  changedBlocks: ["listChangedBlocks"],
  health: ["getHealth"],
  reconciliation: ["reconcile"],
  fencing: ["fenceHost", "unfenceHost"],
  doctor: ["examine"],
};
