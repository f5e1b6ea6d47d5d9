import type { Volume, VolumeDriver, VolumeId } from "@opensds/core";
import { isSouthboundError } from "@opensds/core";
import type { Journal } from "./journal.js";
import { inParallel } from "./in-parallel.js";
import { removeVolume } from "./remove-volume.js";

/**
 * What a check made and has to be removed, also where a create failed, timed out or never answered: then the name tells.
 * Only names of this run are ever looked at.
 */
export interface MadeVolumes {
  creating(request: unknown): void;
  created(volume: Pick<Volume, "id"> & { readonly name?: string }): void;
  deleted(request: { readonly id: VolumeId }): void;
  /** Removes everything, the newest first; returns what could not be removed, in words. */
  removeAll(janitor: () => Promise<VolumeDriver>, limited: (work: Promise<void>) => Promise<void>): Promise<string[]>;
}

/** Starts with nothing. `prefix` is in every name of this run. */
export function createMadeVolumes(prefix: string, journal: Journal): MadeVolumes {
  const ids = new Set<VolumeId>();
  /** Creates under a name that have not succeeded. */
  const unsure = new Map<string, number>();
  const count = (name: string, change: number): void => {
    const left = (unsure.get(name) ?? 0) + change;
    if (left > 0) unsure.set(name, left);
    else unsure.delete(name);
  };

  return {
    creating: (request) => {
      const name = nameIn(request);
      if (name?.includes(prefix) === true) count(name, 1);
    },
    created: ({ id, name }) => {
      ids.add(id);
      journal.note("volume", id);
      if (name !== undefined) count(name, -1);
    },
    deleted: ({ id }) => {
      ids.delete(id);
    },
    removeAll: async (janitor, limited) => {
      if (ids.size === 0 && unsure.size === 0) return [];
      const problems: string[] = [];
      const driver = await janitor();
      const tryTo = async (what: string, work: () => Promise<void>): Promise<void> => {
        try {
          await limited(work());
        } catch (error) {
          problems.push(`could not ${what}: ${error instanceof Error ? error.message : String(error)}`);
        }
      };
      await inParallel([...ids].reverse(), (id) => tryTo(`remove volume ${id}`, () => removeVolume(driver, id)));
      await inParallel([...unsure.keys()], (name) =>
        tryTo(`remove volume ${JSON.stringify(name)}`, async () => {
          const id = await findId(driver, name);
          if (id !== undefined) await removeVolume(driver, id);
        }),
      );
      return problems;
    },
  };
}

function nameIn(request: unknown): string | undefined {
  if (typeof request !== "object" || request === null || !("name" in request)) return undefined;
  return typeof request.name === "string" ? request.name : undefined;
}

async function findId(driver: VolumeDriver, name: string): Promise<VolumeId | undefined> {
  try {
    return (await driver.getVolume({ name })).id;
  } catch (error) {
    // A name that no volume can have was refused at create, and is refused here.
    if (isSouthboundError(error) && (error.code === "NOT_FOUND" || error.code === "INVALID_ARGUMENT")) return undefined;
    throw error;
  }
}
