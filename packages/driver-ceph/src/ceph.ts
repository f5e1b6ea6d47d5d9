import { defineDriver } from "@opensds/core";
import { cephFacets, createBackend } from "./backend.js";
import { cephConfig } from "./config.js";
import { openPool } from "./connect.js";

/** The Ceph RBD driver: volumes are RBD images of one pool, reached through the `rbd`, `rados` and `ceph` commands. */
export const ceph = defineDriver({
  kind: "ceph",
  config: cephConfig,
  facets: cephFacets,
  connect: async (config, ctx) => createBackend(await openPool(config, ctx)),
});
