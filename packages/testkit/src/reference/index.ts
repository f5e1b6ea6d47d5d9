import { defineDriver, type CallContext, type DriverDefinition } from "@opensds/core";
import { createReferenceBackend, referenceFacets, type ReferenceBackend } from "./backend.js";
import { referenceConfig, type ReferenceConfig } from "./config.js";
import { prepareDirectory } from "./directory.js";
import { explainFileErrors } from "./file-errors.js";
import { openFileStores } from "./file-stores.js";
import { createMemoryStores } from "./memory-store.js";

export { referenceFacets, type ReferenceBackend } from "./backend.js";
export type { FileReferenceConfig, MemoryReferenceConfig, ReferenceConfig } from "./config.js";

/** What {@link reference} is. */
export type ReferenceDefinition = DriverDefinition<"reference", ReferenceConfig, ReferenceBackend>;

type MemoryStores = ReturnType<typeof createMemoryStores>;

async function connect(config: ReferenceConfig, memory: MemoryStores, ctx: CallContext<"setup">): Promise<ReferenceBackend> {
  const { capacityBytes, trash = false } = config;
  if (config.store === "memory") return createReferenceBackend({ stores: memory(config.name ?? "default"), capacityBytes, trash });
  const { dir } = config;
  return explainFileErrors(dir, async () => {
    const directory = await prepareDirectory(dir, ctx);
    const { stores, imports, sweep } = await openFileStores(directory);
    await sweep(ctx, true);
    return createReferenceBackend({ stores, imports, sweep, directory, capacityBytes, trash });
  });
}

function defineReference(memory: MemoryStores): ReferenceDefinition {
  return defineDriver({
    kind: "reference",
    config: referenceConfig,
    facets: referenceFacets,
    connect: (config, ctx) => connect(config, memory, ctx),
  });
}

/**
 * The reference driver: the contract's semantics in full on sparse files in a directory, or in memory. Several processes
 * may share a directory. The embedded default, and the driver to read before writing one.
 * @example `reference_driver: { dir: /var/lib/opensds }` or `reference_driver: { store: memory }`
 */
export const reference: ReferenceDefinition = defineReference(createMemoryStores());

/**
 * A reference driver whose memory stores nobody else sees, for unit tests that need no disk: configure it with
 * `{ store: "memory" }`. Its volumes survive `unset` and `setup` and go with the returned definition.
 */
export function memoryReference(): ReferenceDefinition {
  return defineReference(createMemoryStores());
}

export default reference;
