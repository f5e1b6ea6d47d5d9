import { isSouthboundError, requireFacets, type DriverWith, type Volume } from "@opensds/core";
import type { CheckContext } from "../../check-context.js";
import { removeVolume } from "../../run/remove-volume.js";

/** What can be imported: references and sizes. */
export async function importables(driver: DriverWith<"imports">): Promise<ReadonlyMap<string, number | null>> {
  const found = new Map<string, number | null>();
  for await (const { reference, sizeBytes } of driver.imports.listImportable({ pageSize: 1000 })) found.set(reference, sizeBytes);
  return found;
}

/**
 * Lets go of a volume: the one way to something importable that works on every backend. Returns its reference; what is not imported
 * again is removed after the check.
 */
export async function letGo(ctx: CheckContext, driver: DriverWith<"imports">, volume: Volume): Promise<string> {
  const before = await importables(driver);
  await driver.imports.unmanageVolume({ id: volume.id });
  const added = [...(await importables(driver))].filter(([reference, sizeBytes]) => !before.has(reference) && sizeBytes === volume.sizeBytes);
  const [reference] = added.map(([name]) => name);
  if (reference === undefined) return ctx.fail(`something of ${volume.sizeBytes} bytes that can be imported after unmanageVolume`, added);
  const name = ctx.name("left");
  ctx.defer(`remove ${reference}`, async (janitor) => {
    try {
      const left = await requireFacets(janitor, "imports").imports.importVolume({ reference, name });
      await removeVolume(janitor, left.id);
    } catch (error) {
      // It is a volume again, which is removed as one, or gone.
      if (!isSouthboundError(error) || (error.code !== "NOT_FOUND" && error.code !== "ALREADY_EXISTS")) throw error;
    }
  });
  return reference;
}

/** Imports, and has the volume removed after the check. */
export async function importTracked(ctx: CheckContext, driver: DriverWith<"imports">, reference: string, name: string): Promise<Volume> {
  const volume = await driver.imports.importVolume({ reference, name });
  ctx.track(volume);
  return volume;
}
