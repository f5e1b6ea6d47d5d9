import { defineDriver } from "@opensds/core";
import { createBackend, facets } from "./backend.js";
import { cinderConfig } from "./config.js";
import { openProject } from "./connect.js";

/** The Cinder driver: volumes are those of one OpenStack project, reached through Keystone and Cinder's API. */
export const cinder = defineDriver({
  kind: "cinder",
  config: cinderConfig,
  facets,
  connect: async (config, ctx) => createBackend(await openProject(config, ctx)),
});
