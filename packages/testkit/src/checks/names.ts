import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { inParallel } from "../run/in-parallel.js";
import { findByName, identityOf, readAllVolumes } from "./support/volumes.js";

/** Callers' names: any text, taken as it is. */
export const namesChecks: readonly Check[] = [
  {
    id: "NAMES-1",
    family: "names",
    level: "basic",
    title: "Names that look like options, paths, addresses or pictures work, and twins in other case or form are two volumes",
    rules: ["SB-NAME-1", "SB-NAME-2"],
    run: async (ctx) => {
      const { driver } = ctx;
      const capacity = { requiredBytes: ctx.sizes.small };
      const made = await inParallel(unusualNames(ctx), async (name) => {
        const volume = await driver.createVolume({ name, capacity });
        ctx.equal(volume.name, name, "the name of the created volume");
        return volume;
      });
      ctx.equal(new Set(made.map(({ id }) => id)).size, made.length, "the number of different ids");
      const listed = new Map((await readAllVolumes(driver)).map((volume) => [volume.id, volume]));
      await inParallel(made, async (volume) => {
        ctx.equal(identityOf(await driver.getVolume({ name: volume.name })), identityOf(volume), "the volume read by its name");
        ctx.equal(listed.get(volume.id)?.name, volume.name, "the volume's name in the list");
      });
      // Every other one goes: a name that was taken for a pattern or a folded twin would take its neighbour along.
      await inParallel(made.filter((_volume, index) => index % 2 === 0), ({ id }) => driver.deleteVolume({ id }));
      await inParallel(made.filter((_volume, index) => index % 2 === 1), async ({ id, name }) => {
        ctx.equal((await driver.getVolume({ name })).id, id, "the id of a volume that was not deleted");
      });
    },
  },
  {
    id: "NAMES-2",
    family: "names",
    level: "basic",
    title: "A name that is empty, too long, holds control characters or is no well-formed Unicode is refused",
    rules: ["SB-NAME-3"],
    run: async (ctx) => {
      const { driver, manifest } = ctx;
      const base = ctx.name("bad");
      const names = [
        "",
        base.padEnd(manifest.limits.nameBytes + 1, "x"),
        `${base}${"é".repeat(Math.ceil((manifest.limits.nameBytes + 1 - base.length) / 2))}`,
        `${base}\n`,
        `${base}\u0000x`,
        `${base}\t`,
        `${base}\u007f`,
        `${base}\u0085`,
        `${base}\ud83d`,
      ];
      for (const name of names) {
        const shown = JSON.stringify(name.length > 60 ? `${name.slice(0, 40)}... (${name.length} characters)` : name);
        const refused = { code: "INVALID_ARGUMENT", outcome: "none" } as const;
        const create = driver.createVolume({ name, capacity: { requiredBytes: ctx.sizes.small } });
        await ctx.expectError(create, refused, `createVolume with the name ${shown}`);
        await ctx.expectError(driver.getVolume({ name }), refused, `getVolume by the name ${shown}`);
      }
      const ours = (await readAllVolumes(driver)).filter(({ name }) => name.startsWith(base));
      ctx.equal(ours.map(({ name }) => name), [], "volumes that the refused creates made");
      ctx.equal(await findByName(driver, base), undefined, "a volume under the name without its bad character");
    },
  },
];

/** Every name holds this run's prefix: nobody else's volume is touched, and a killed run's are found again. */
function unusualNames(ctx: CheckContext): readonly string[] {
  const base = ctx.name("n");
  const fill = (text: string): string => text.padEnd(ctx.manifest.limits.nameBytes, "x");
  const names = [
    `--help${base}`,
    `--pool=${base}`,
    `../${base}`,
    `/${base}`,
    `a b ${base}`,
    `x@y${base}`,
    `${base}/y@z`,
    `😀${base}`,
    `${base}'"$(id)%s\\`,
    ` ${base} `,
    `${base}-twin`,
    `${base}-TWIN`,
    `${base}-\u00e9`,
    `${base}-e\u0301`,
    fill(base),
  ];
  return names.filter((name) => Buffer.byteLength(name) <= ctx.manifest.limits.nameBytes);
}
