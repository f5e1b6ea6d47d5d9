import { backendsSchema, installedDrivers } from "@opensds/core";
import type { Command } from "../command.js";

/** The JSON Schema of a backends file with the options of the drivers that are installed here. */
export const schemaCommand: Command = {
  path: ["schema"],
  summary: "print the JSON Schema of a backends file, with the drivers installed here: opensds schema > backends.schema.json",
  run: async (ctx) => {
    const drivers = await installedDrivers(process.cwd());
    ctx.output.raw(`${JSON.stringify(backendsSchema(drivers), null, 2)}\n`);
    const kinds = drivers.map(({ kind }) => kind).join(", ");
    ctx.output.note(kinds === "" ? "no driver is installed here: npm i @opensds/driver-ceph" : `knows the drivers: ${kinds}`);
    return undefined;
  },
};
