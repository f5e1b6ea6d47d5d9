import { mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccessMode, BackendCreateRequest, Page, Snapshot, SnapshotId, Volume, VolumeId } from "@opensds/core";
import { memoryReference, reference, type ReferenceBackend, type ReferenceConfig } from "@opensds/testkit/reference";
import { onTestFinished } from "vitest";
import { context, createRequest, facts, type OnStep } from "./call.js";

export { context } from "./call.js";
export { failure } from "../support/failure.js";

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "opensds-reference-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/** A backend and short ways to call it. */
export class Client {
  readonly backend: ReferenceBackend;
  readonly onStep: OnStep | undefined;

  constructor(backend: ReferenceBackend, onStep?: OnStep) {
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
  snapshot(name: string, sourceVolumeId: VolumeId): Promise<Snapshot> {
    return this.backend.snapshots.createSnapshot({ name, sourceVolumeId }, context("createSnapshot", this.onStep));
  }
  revert(volumeId: VolumeId, snapshotId: SnapshotId): Promise<Volume> {
    return this.backend.snapshots.revertVolume({ volumeId, snapshotId }, context("revertVolume", this.onStep));
  }
  async listSnapshots(sourceVolumeId?: VolumeId, pageSize = 100): Promise<Snapshot[]> {
    const list = context("listSnapshots", this.onStep);
    return allPages((token) => this.backend.snapshots.listSnapshotPage({ sourceVolumeId, pageSize, token }, list));
  }
  /** The file with a volume's bytes, found as a host finds it. */
  async fileOf(id: VolumeId): Promise<string> {
    const { attachment, info } = await this.connect(id, "prober", "multi-reader");
    await this.backend.disconnectVolume({ volumeId: id, attachmentId: attachment.id }, context("disconnectVolume"));
    if (info.protocol !== "file") throw new Error("no file");
    return info.path;
  }
  /** Writes into a volume that nobody has attached. */
  async write(id: VolumeId, text: string, offsetBytes = 0): Promise<void> {
    const file = await open(await this.fileOf(id), "r+");
    await file.write(text, offsetBytes);
    await file.close();
  }
  /** What a volume that nobody has attached holds, zero bytes left out. */
  async text(id: VolumeId): Promise<string> {
    return (await readFile(await this.fileOf(id))).toString("latin1").replaceAll("\0", "");
  }
  async list(pageSize = 100): Promise<Volume[]> {
    return allPages((token) => this.backend.listVolumePage({ pageSize, token }, context("listVolumes", this.onStep)));
  }
}

export async function allPages<Item>(page: (token: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let token: string | undefined;
  do {
    const { items: some, nextToken } = await page(token);
    items.push(...some);
    token = nextToken;
  } while (token !== undefined);
  return items;
}

/** Options that files and memory both know, and what is done at each step. */
export type OpenOptions = Omit<ReferenceConfig, "dir" | "store" | "name"> & { readonly onStep?: OnStep };

export async function openDirectory(dir: string, { onStep, ...config }: OpenOptions = {}): Promise<Client> {
  return new Client(await reference.connect({ dir, ...config }, context("setup")), onStep);
}

export const stores: { store: string; open: (options?: OpenOptions) => Promise<Client> }[] = [
  { store: "files", open: async (options) => openDirectory(await temporaryDirectory(), options) },
  {
    store: "memory",
    open: async ({ onStep, ...config } = {}) =>
      new Client(await memoryReference().connect({ store: "memory", ...config }, context("setup")), onStep),
  },
];

/** Everything in a store's directory that belongs to no record that lives, as paths. Empty when nothing has leaked. */
export async function leaks(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const place of ["staging", "trash", "importing"]) found.push(...(await readdir(join(dir, place))).map((name) => join(place, name)));
  for (const kind of ["volumes", "snapshots", "groups", "group-snapshots", "fenced-hosts"]) {
    for (const key of await readdir(join(dir, kind))) {
      const ids = await readdir(join(dir, kind, key));
      if (ids.length !== 1) found.push(`${kind}/${key} holds ${ids.length} records`);
      for (const id of ids) found.push(...(await leaksOfRecord(dir, join(kind, key, id))));
    }
  }
  return found;
}

/** What is left of volumes in the trash, and of the names that they came back by, apart from what belongs there. */
export async function binLeaks(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const id of await readdir(join(dir, "bin"))) {
    const names = await readdir(join(dir, "bin", id, id)).catch(() => ["nothing"]);
    const version = names.find((name) => name.startsWith("binned."))?.slice("binned.".length) ?? "?";
    if (!names.includes(`${version}.json`) || !names.includes("data")) found.push(`bin/${id} holds ${names.join()}`);
  }
  return found;
}

async function leaksOfRecord(dir: string, place: string): Promise<string[]> {
  const names = (await readdir(join(dir, place))).sort();
  const version = names.find((name) => name.startsWith("head."))?.slice("head.".length);
  if (version === undefined) return [`${place} has no head: ${names.join()}`];
  const record: unknown = JSON.parse(await readFile(join(dir, place, `${version}.json`), "utf8"));
  const expected = [`${version}.json`, ...filesOf(place, record), `head.${version}`].sort();
  return names.join() === expected.join() ? [] : [`${place} holds ${names.join()}`];
}

function filesOf(place: string, record: unknown): readonly string[] {
  if (typeof record !== "object" || record === null) return [];
  if ("members" in record && Array.isArray(record.members)) return record.members.map((_member, index) => `data.${index}`);
  if ("data" in record) return [String(record.data)];
  return place.startsWith("snapshots") ? ["data"] : [];
}
