import { openBackends as open } from "@opensds/core";
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Opens the reference driver as one that cannot tell a dead maker from a slow one: it finds nothing before the deadlines of all creates and
 * deletes that have not ended have passed.
 */
export function openBackends(source, options) {
  const drivers = options.drivers.map((definition) => ({
    ...definition,
    connect: async (config, ctx) => patient(await definition.connect(config, ctx), `${config.dir}-at-work`),
  }));
  return open(source, { ...options, drivers });
}

function patient(backend, directory) {
  mkdirSync(directory, { recursive: true });
  const noted = (method) => async (request, ctx) => {
    const file = join(directory, randomUUID());
    writeFileSync(file, String(Date.now() + ctx.remainingMs()));
    try {
      return await method(request, ctx);
    } finally {
      rmSync(file);
    }
  };
  const isAtWork = () => readdirSync(directory).some((name) => Number(readFileSync(join(directory, name), "utf8")) > Date.now());
  const { reconcile } = backend.reconciliation;
  return {
    ...backend,
    createVolume: noted(backend.createVolume),
    deleteVolume: noted(backend.deleteVolume),
    reconciliation: { reconcile: (request, ctx) => (isAtWork() ? Promise.resolve([]) : reconcile(request, ctx)) },
  };
}
