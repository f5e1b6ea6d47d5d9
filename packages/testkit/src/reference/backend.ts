import type { StorageBackend } from "@opensds/core";
import { connectVolume, disconnectVolume, listConnections } from "./attachments.js";
import { createVolume } from "./create-volume.js";
import { explainFileErrors } from "./file-errors.js";
import { readFormat, writeFormat } from "./format.js";
import { referenceManifest } from "./manifest.js";
import type { VolumeStore } from "./store.js";
import { deleteVolume, getVolume, listVolumePage } from "./volumes.js";

/** Where and how large a backend is. */
export interface ReferenceBackendOptions {
  /** The directory with the volumes' files; absent for memory. */
  readonly directory?: string | undefined;
  /** The pool's size in bytes; absent for no limit. */
  readonly capacityBytes?: number | undefined;
}

/** What the reference driver opens: what every backend has, and no facet. */
export type ReferenceBackend = Pick<
  StorageBackend,
  | "manifest"
  | "createVolume"
  | "getVolume"
  | "listVolumePage"
  | "deleteVolume"
  | "connectVolume"
  | "disconnectVolume"
  | "listConnections"
  | "readFormat"
  | "writeFormat"
  | "close"
>;

/** The reference driver's backend on any store. */
export function createReferenceBackend(store: VolumeStore, options: ReferenceBackendOptions): ReferenceBackend {
  const { directory, capacityBytes } = options;
  const explained = <Value>(work: () => Promise<Value>): Promise<Value> => explainFileErrors(directory ?? "memory", work);
  return {
    manifest: referenceManifest(directory !== undefined),
    createVolume: (request, ctx) => explained(() => createVolume(store, capacityBytes, request, ctx)),
    getVolume: (request, ctx) => explained(() => getVolume(store, request, ctx)),
    listVolumePage: (request, ctx) => explained(() => listVolumePage(store, request, ctx)),
    deleteVolume: (request, ctx) => explained(() => deleteVolume(store, request, ctx)),
    connectVolume: (request, ctx) => explained(() => connectVolume(store, request, ctx)),
    disconnectVolume: (request, ctx) => explained(() => disconnectVolume(store, request, ctx)),
    listConnections: (request, ctx) => explained(() => listConnections(store, request, ctx)),
    readFormat: (request, ctx) => explained(() => readFormat(store, request, ctx)),
    writeFormat: (request, ctx) => explained(() => writeFormat(store, request, ctx)),
    close: () => Promise.resolve(),
  };
}
