import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  isSouthboundError,
  type SouthboundError,
  type AccessMode,
  type BackendCreateRequest,
  type StorageBackend,
  type Volume,
  type VolumeId,
} from "@opensds/core";
import { memoryReference, reference } from "@opensds/testkit/reference";
import { onTestFinished } from "vitest";
import { context, createRequest, facts, type OnStep } from "./call.js";

export { context } from "./call.js";

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "opensds-reference-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/** A backend and short ways to call it. */
export class Client {
  readonly backend: StorageBackend;
  readonly onStep: OnStep | undefined;

  constructor(backend: StorageBackend, onStep?: OnStep) {
    this.backend = backend;
    this.onStep = onStep;
  }

  create(name: string, more?: Partial<BackendCreateRequest>): Promise<Volume> {
    return this.backend.createVolume(createRequest(name, more), context("createVolume", this.onStep));
  }
  get(name: string): Promise<Volume> {
    return this.backend.getVolume({ name }, context("getVolume", this.onStep));
  }
  getById(id: VolumeId): Promise<Volume> {
    return this.backend.getVolume({ id }, context("getVolume", this.onStep));
  }
  remove(id: VolumeId): Promise<void> {
    return this.backend.deleteVolume({ id }, context("deleteVolume", this.onStep));
  }
  connect(id: VolumeId, host: string, mode: AccessMode = "single-writer", bootId?: string) {
    return this.backend.connectVolume({ volumeId: id, mode, connector: facts(host, bootId) }, context("connectVolume", this.onStep));
  }
  async list(pageSize = 100): Promise<Volume[]> {
    const volumes: Volume[] = [];
    let token: string | undefined;
    do {
      const page = await this.backend.listVolumePage({ pageSize, token }, context("listVolumes", this.onStep));
      volumes.push(...page.items);
      token = page.nextToken;
    } while (token !== undefined);
    return volumes;
  }
}

export interface OpenOptions {
  readonly capacityBytes?: number;
  readonly onStep?: OnStep;
}

export async function openDirectory(dir: string, { capacityBytes, onStep }: OpenOptions = {}): Promise<Client> {
  return new Client(await reference.connect({ dir, capacityBytes }, context("setup")), onStep);
}

export const stores: { store: string; open: (options?: OpenOptions) => Promise<Client> }[] = [
  { store: "files", open: async (options) => openDirectory(await temporaryDirectory(), options) },
  {
    store: "memory",
    open: async ({ capacityBytes, onStep } = {}) =>
      new Client(await memoryReference().connect({ store: "memory", capacityBytes }, context("setup")), onStep),
  },
];

/** How a call failed; a call that did not fail fails the test. */
export async function failure(call: Promise<unknown>): Promise<SouthboundError> {
  try {
    await call;
  } catch (error) {
    if (isSouthboundError(error)) return error;
    throw error;
  }
  throw new Error("the call was expected to fail");
}

/** Everything in a store's directory that belongs to no live volume, as paths. Empty when nothing has leaked. */
export async function leaks(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const place of ["staging", "trash"]) found.push(...(await readdir(join(dir, place))).map((name) => join(place, name)));
  for (const key of await readdir(join(dir, "volumes"))) {
    const ids = await readdir(join(dir, "volumes", key));
    if (ids.length !== 1) found.push(`volumes/${key} holds ${ids.length} volumes`);
    for (const id of ids) {
      const names = (await readdir(join(dir, "volumes", key, id))).sort();
      const version = names.find((name) => name.startsWith("head."))?.slice("head.".length) ?? "?";
      const expected = [`${version}.json`, "data", `head.${version}`].sort();
      if (names.join() !== expected.join()) found.push(`volumes/${key}/${id} holds ${names.join()}`);
    }
  }
  return found;
}
