// What the cases share: a dock's driver, and what a driver's author has written.
import {
  type BackendFacets,
  type BackendManifest,
  type Connection,
  type FormatRecord,
  type HealthFacet,
  type Page,
  type Secret,
  type StandardSchema,
  type StorageBackend,
  type Volume,
  type VolumeDriver,
} from "@opensds/core";

export declare const driver: VolumeDriver;

/** What an array's options are, when they have been checked. */
export interface ArrayOptions {
  readonly pool: string;
  readonly portals?: readonly string[] | undefined;
  readonly password?: Secret | undefined;
}
export declare const arrayOptions: StandardSchema<ArrayOptions>;

declare const manifest: BackendManifest;

/** What every backend has, and no facet. */
export const bare: StorageBackend = {
  manifest,
  createVolume: (): Promise<Volume> => Promise.reject(new Error()),
  getVolume: (): Promise<Volume> => Promise.reject(new Error()),
  listVolumePage: (): Promise<Page<Volume>> => Promise.resolve({ items: [] }),
  deleteVolume: () => Promise.resolve(),
  connectVolume: (): Promise<Connection> => Promise.reject(new Error()),
  disconnectVolume: () => Promise.resolve(),
  listConnections: () => Promise.resolve([]),
  readFormat: () => Promise.resolve(null),
  writeFormat: ({ next }): Promise<FormatRecord> => Promise.resolve(next),
  close: () => Promise.resolve(),
};

/** A facet of one method. */
export const health: BackendFacets["health"] = {
  getHealth: (): ReturnType<HealthFacet["getHealth"]> =>
    Promise.resolve({ condition: "healthy", findings: [], used: { kind: "unknown" }, openedBy: [] }),
};
