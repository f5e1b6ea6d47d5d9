import type { Check } from "../check.js";
import { createCareChecks } from "./create-care.js";
import { identityOf, readAllVolumes } from "./support/volumes.js";

/** Making volumes. */
export const createChecks: readonly Check[] = [
  {
    id: "CREATE-1",
    family: "create",
    level: "basic",
    title: "A created volume has what was asked for, and get by id, get by name and the list agree with it",
    rules: ["SB-CREATE-2"],
    run: async (ctx) => {
      const { driver } = ctx;
      const name = ctx.name("asked");
      const made = await driver.createVolume({ name, capacity: { requiredBytes: ctx.sizes.small } });
      ctx.equal(made.name, name, "the created volume's name");
      ctx.equal(made.sizeBytes, ctx.sizes.small, "the created volume's size");
      ctx.equal(made.parameters, {}, "the created volume's parameters");
      const idBytes = Buffer.byteLength(made.id);
      ctx.ok(idBytes >= 1 && idBytes <= 128, "an id has 1 to 128 bytes", made.id);
      ctx.ok(made.state === "available", "a created volume is available", made);

      const other = await ctx.open();
      for (const [how, reader] of [["", driver], [" by another driver", other]] as const) {
        ctx.equal(identityOf(await reader.getVolume({ id: made.id })), identityOf(made), `the volume read by id${how}`);
        ctx.equal(identityOf(await reader.getVolume({ name })), identityOf(made), `the volume read by name${how}`);
        const listed = (await readAllVolumes(reader)).filter((volume) => volume.name === name);
        ctx.equal(listed.map(identityOf), [identityOf(made)], `the volumes of that name in the list${how}`);
      }
    },
  },
  {
    id: "CREATE-2",
    family: "create",
    level: "basic",
    title: "The same create ten times, by one driver and by another, gives one volume",
    rules: ["SB-CREATE-1"],
    run: async (ctx) => {
      const request = { name: ctx.name("again"), capacity: { requiredBytes: ctx.sizes.small } };
      const first = await ctx.driver.createVolume(request);
      const other = await ctx.open();
      for (let time = 2; time <= 10; time += 1) {
        const again = await (time % 2 === 0 ? other : ctx.driver).createVolume(request);
        ctx.equal(identityOf(again), identityOf(first), `what create number ${time} returned`);
      }
      const listed = (await readAllVolumes(ctx.driver)).filter(({ name }) => name === request.name);
      ctx.equal(listed.map(({ id }) => id), [first.id], "the ids of that name in the list");
    },
  },
  {
    id: "CREATE-3",
    family: "create",
    level: "basic",
    title: "Under a taken name a request that the volume satisfies returns it, any other is refused and changes nothing",
    rules: ["SB-CREATE-3"],
    run: async (ctx) => {
      const { driver, sizes, manifest } = ctx;
      const { granularityBytes, maxVolumeBytes } = manifest.limits;
      const sizeBytes = sizes.small + granularityBytes;
      const larger = sizeBytes + granularityBytes;
      if (larger > maxVolumeBytes) ctx.skip("this backend has only one or two sizes");
      const name = ctx.name("taken");
      const made = await driver.createVolume({ name, capacity: { requiredBytes: sizeBytes } });

      for (const [what, capacity] of [
        ["a smaller requiredBytes", { requiredBytes: sizes.small }],
        ["a range that holds the size", { requiredBytes: sizes.small, limitBytes: larger }],
        ["exactly the size", { requiredBytes: sizeBytes, limitBytes: sizeBytes }],
      ] as const) {
        ctx.equal(identityOf(await driver.createVolume({ name, capacity })), identityOf(made), `the volume for ${what}`);
      }
      for (const [what, capacity] of [
        ["a larger requiredBytes", { requiredBytes: larger }],
        ["a smaller limitBytes", { requiredBytes: sizes.small, limitBytes: sizes.small }],
      ] as const) {
        const call = driver.createVolume({ name, capacity });
        const expected = { code: "ALREADY_EXISTS", reason: "volume-exists", outcome: "none" } as const;
        await ctx.expectError(call, expected, `createVolume under a taken name with ${what}`);
      }
      ctx.equal(identityOf(await driver.getVolume({ name })), identityOf(made), "the volume after the refused creates");
    },
  },
  ...createCareChecks,
];
