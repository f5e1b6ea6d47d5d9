// A dock that uses what the packages offer: it compiles with exactOptionalPropertyTypes on and off. Optional fields take `undefined`.
import {
  backend,
  callChannels,
  errorFromJSON,
  errorToJSON,
  extrasOf,
  formatBytes,
  GiB,
  hostId,
  isMutating,
  isOpenedBy,
  isSecret,
  isSharedMode,
  isSouthboundError,
  openBackends,
  operationCodes,
  requireFacets,
  retrying,
  secret,
  settle,
  supports,
  volumeId,
  type AccessMode,
  type AttachmentRecord,
  type Backends,
  type CallOptions,
  type CreateVolumeRequest,
  type DriverManifest,
  type DriverWith,
  type ErrorWire,
  type Logger,
  type MountRecord,
  type Page,
  type Settled,
  type Volume,
  type VolumeDriver,
} from "@opensds/core";
import { createHost } from "@opensds/core/host";
import { fromLegacyDriver, toLegacyDriver, type LegacyDriver } from "@opensds/core/legacy";
import ceph, { type CephConfig } from "@opensds/driver-ceph";
import { runConformance, toJUnit, type ConformanceReport } from "@opensds/testkit";
import { memoryReference, reference } from "@opensds/testkit/reference";

const log: Logger = console;

export async function open(path: string | undefined): Promise<Backends> {
  return openBackends(path ?? { backends: {} }, { drivers: [ceph, reference], from: undefined, log, onStep: undefined });
}

export async function openInCode(): Promise<readonly [reference: boolean, dir: unknown]> {
  await using backends = await openBackends({
    host: { id: "dock-1", runtimeDir: undefined },
    timeoutMs: undefined,
    backends: {
      memory: backend(memoryReference(), { store: "memory" }),
      files: backend(reference, { dir: "/var/lib/opensds" }),
      array: { array_driver: { pool: "x" } },
    },
  });
  const opened = backends.get("files");
  const kind: "reference" = opened.kind;
  const plain: VolumeDriver = backends.get("array");
  await backends.setup({ timeoutMs: undefined, signal: undefined });
  return [isOpenedBy(plain, reference) && kind === "reference", extrasOf(opened)];
}

export async function wholeLife(driver: VolumeDriver, options: CallOptions = {}): Promise<string> {
  const manifest: DriverManifest = await driver.setup(options);
  const request: CreateVolumeRequest = { name: "a", capacity: { requiredBytes: GiB, limitBytes: undefined }, parameters: undefined, source: undefined };
  const volume = await retrying((attempt) => driver.createVolume(request, attempt), { timeoutMs: 60_000, signal: options.signal });
  const again: Volume = await driver.getVolume({ id: volume.id });
  const named: Volume = await driver.getVolume({ name: "a", id: undefined });
  const mode: AccessMode | undefined = manifest.accessModes.find(isSharedMode);
  const attachment: AttachmentRecord = await driver.attachVolume({ volumeId: volumeId(again.id), mode });
  const mount: MountRecord = await driver.mountVolume({ attachment, directory: "/mnt/a", fsType: undefined, options: undefined });
  for await (const { name } of driver.listVolumes({ pageSize: undefined, startToken: undefined })) log.info(name);
  for await (const page of driver.listVolumes().pages()) await nextPage(driver, page);
  await driver.unmountVolume(mount);
  await driver.detachVolume(attachment);
  await driver.deleteVolume({ id: named.id });
  await driver.unset();
  return formatBytes(volume.sizeBytes ?? 0);
}

const nextPage = async (driver: VolumeDriver, { nextToken }: Page<Volume>): Promise<void> => {
  for await (const page of driver.listVolumes({ startToken: nextToken }).pages()) log.debug(String(page.items.length));
};

export async function elsewhere(driver: VolumeDriver, backends: Backends): Promise<void> {
  const connector = await backends.host.connectorFacts();
  const connection = await driver.connectVolume({ volumeId: volumeId("a"), mode: "multi-reader", connector });
  const record = await backends.host.attach(connection, driver.backend);
  await backends.host.detach(record);
  await driver.disconnectVolume({ volumeId: record.attachment.volumeId, attachmentId: record.attachment.id });
  const { info } = connection;
  if (info.protocol === "rbd" && info.key !== undefined && isSecret(info.key)) log.debug(`${info.key}`);
  await driver.listAttachments({ volumeId: undefined, hostId: hostId("h"), devicePath: undefined });
  log.info(typeof createHost);
}

export function snapshotsOf(driver: VolumeDriver): DriverWith<"snapshots"> | undefined {
  return supports(driver, "snapshots") ? driver : undefined;
}

export async function everyFacet(driver: VolumeDriver): Promise<void> {
  const id = volumeId("a");
  const able = requireFacets(driver, "snapshots", "expansion", "pools", "qos", "trash", "changedBlocks", "health", "doctor");
  const cut = await able.snapshots.createSnapshot({ name: "s", sourceVolumeId: id });
  for await (const snapshot of able.snapshots.listSnapshots({ sourceVolumeId: undefined })) log.info(snapshot.createdAt);
  await able.expansion.expandVolume({ id, capacity: { requiredBytes: undefined, limitBytes: 1 } });
  await able.qos.modifyVolume({ id, qos: { iops: 100, readIops: null, writeIops: undefined } });
  for await (const { offsetBytes } of able.changedBlocks.listChangedBlocks({ volumeId: id, toSnapshotId: cut.id })) log.debug(`${offsetBytes}`);
  for await (const { purgeAfter } of able.trash.listTrash()) log.debug(purgeAfter ?? "now");
  const [pool] = await able.pools.listPools();
  const { used } = await able.health.getHealth({ id });
  log.info([pool?.free.kind, used.kind === "bytes" ? used.bytes : used.kind, ...(await able.doctor.examine()).map(({ hint }) => hint)].join(" "));
}

export async function failures(driver: VolumeDriver): Promise<ErrorWire | undefined> {
  const settled: Settled<Volume, "getVolume"> = await settle("getVolume", driver.getVolume({ name: "a" }));
  if (settled.ok) return undefined;
  const { code, reason, recovery, outcome, details } = settled.error;
  if (code === "NOT_FOUND" && isMutating("getVolume")) log.warn([reason, recovery, outcome, details["quota"]].join(" "));
  const thrown: unknown = errorFromJSON(errorToJSON(settled.error));
  if (isSouthboundError(thrown, "createVolume")) log.warn(`${operationCodes.createVolume.includes(thrown.code)}`);
  return isSouthboundError(thrown) ? thrown.toJSON() : undefined;
}

export const served = (driver: VolumeDriver): LegacyDriver => toLegacyDriver(driver, { sizeUnit: undefined });

export const lifted = (legacy: LegacyDriver): Promise<Backends> =>
  openBackends({ backends: { old: { old_driver: {} } } } satisfies object, { drivers: [fromLegacyDriver(legacy, { kind: "old", sizeUnit: "GiB" })] });

export async function tested(driver: VolumeDriver): Promise<string> {
  callChannels.end.subscribe((message) => log.debug(JSON.stringify(message)));
  const report: ConformanceReport = await runConformance({ open: () => Promise.resolve(driver) }, { onEvent: undefined });
  return toJUnit(report);
}

export const key = secret("x").toJSON();
export type Configured = CephConfig;
