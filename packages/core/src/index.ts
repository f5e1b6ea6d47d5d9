export { attachmentId, hostId, volumeId, type AttachmentId, type Brand, type HostId, type VolumeId } from "./model/ids.js";
export { formatBytes, GiB, KiB, MiB, TiB } from "./model/size.js";
export { isSecret, secret, type Secret } from "./model/secret.js";
export type {
  CapacityRange,
  CreateVolumeRequest,
  DeleteVolumeRequest,
  GetVolumeRequest,
  ListVolumesRequest,
  Volume,
  VolumeState,
} from "./model/volume.js";
export type { Listing, Page } from "./model/listing.js";
export {
  isReadOnlyMode,
  isSharedMode,
  type AccessMode,
  type Attachment,
  type AttachmentRecord,
  type AttachVolumeRequest,
  type ConnectorFacts,
  type ConnectVolumeRequest,
  type Device,
  type DisconnectVolumeRequest,
  type HostConnector,
  type HostInitiators,
  type ListAttachmentsRequest,
} from "./model/attachment.js";
export type {
  Connection,
  ConnectionInfo,
  FileConnectionInfo,
  IscsiConnectionInfo,
  IscsiPath,
  NfsConnectionInfo,
  NvmeTcpConnectionInfo,
  NvmeTcpPortal,
  RbdAttachMethod,
  RbdConnectionInfo,
  RbdEncryption,
  RbdEncryptionFormat,
} from "./model/connection.js";
export { exportConnection, importConnection } from "./model/export-connection.js";
export type { FileSystemType, FormatRecord, ListMountsRequest, MountRecord, MountVolumeRequest } from "./model/mount.js";

export { defaultRecovery, errorCodes, type ErrorCode, type Outcome, type Recovery } from "./errors/codes.js";
export { isMutating, operationCodes, type CodeOf, type Operation } from "./errors/operations.js";
export { isKnownReason, reasons, type KnownReason } from "./errors/reasons.js";
export type { Reason } from "./errors/reasons/reason.js";
export { errorFromJSON } from "./errors/error-from-json.js";
export {
  errorToJSON,
  isSouthboundError,
  SouthboundError,
  type AnyReason,
  type ErrorInfo,
  type ErrorWire,
} from "./errors/southbound-error.js";
export { settle, type Settled } from "./errors/settle.js";

export type { CallContext, CallOptions } from "./driver/call-context.js";
export {
  defineDriver,
  isDriverDefinition,
  type BackendWith,
  type DriverDefinition,
  type DriverOptions,
  type FacetLists,
} from "./driver/define-driver.js";
export { retrying, type RetryOptions } from "./driver/retrying.js";
export { silentLogger, type Logger } from "./driver/logger.js";
export { contractVersion, type BackendManifest, type DriverManifest } from "./driver/manifest.js";
export type {
  StandardIssue,
  StandardJsonSchema,
  StandardJsonSchemaOptions,
  StandardResult,
  StandardSchema,
} from "./driver/standard-schema.js";
export type {
  BackendConnectRequest,
  BackendCreateRequest,
  BackendPageRequest,
  StorageBackend,
} from "./driver/storage-backend.js";
export type { VolumeDriver } from "./driver/volume-driver.js";

export { suggest } from "./backends/nearest.js";
export { backend, type OptionsOf, type TypedBackend, type Written } from "./backends/backend.js";
export type { Backends } from "./backends/backends.js";
export { backendsSchema } from "./backends/backends-schema.js";
export { installedDrivers } from "./backends/installed-drivers.js";
export { openBackends, type BackendsObject, type DriversOf, type OpenBackendsOptions } from "./backends/open-backends.js";
export { extrasOf, isOpenedBy, type BackendOf, type Extras, type OpenedBy, type OpenedWith } from "./backends/opened-by.js";
export type { SecretReference } from "./backends/resolve-secrets.js";
export { secretJsonSchema } from "./backends/secret-json-schema.js";
export type { FormatJournal, Host, HostOptions } from "./host/host.js";
export { callChannels, type CallEnd, type CallObserver, type ObservedCall, type WatchedCall } from "./guard/observe.js";

export type { Authored, AuthoredExpansion, AuthoredPageRequest, BackendExpandRequest, BackendFacets } from "./facets/authored.js";
export type { ChangedBlocksFacet, ChangedBlocksRequest, ChangedExtent } from "./facets/changed-blocks.js";
export type { DoctorFacet, Finding } from "./facets/doctor.js";
export type { ExpandVolumeRequest, ExpandVolumeResult, ExpansionFacet } from "./facets/expansion.js";
export { facetNames, type FacetMap, type FacetName } from "./facets/facets.js";
export type { FenceResult, FencingFacet } from "./facets/fencing.js";
export {
  groupId,
  groupSnapshotId,
  type GroupFacet,
  type GroupId,
  type GroupSnapshot,
  type GroupSnapshotId,
  type VolumeGroup,
} from "./facets/groups.js";
export type { HealthFacet, VolumeHealth } from "./facets/health.js";
export type { Importable, ImportFacet } from "./facets/import.js";
export type { Amount, Pool, PoolFacet } from "./facets/pools.js";
export type { ModifyVolumeRequest, QosFacet, QosLimits } from "./facets/qos.js";
export type { Orphan, ReconcileFacet } from "./facets/reconcile.js";
export {
  snapshotId,
  type CreateSnapshotRequest,
  type DeleteSnapshotRequest,
  type GetSnapshotRequest,
  type ListSnapshotsRequest,
  type RevertVolumeRequest,
  type Snapshot,
  type SnapshotFacet,
  type SnapshotId,
} from "./facets/snapshots.js";
export type { SourceFacet, VolumeSource, VolumeSourceKind } from "./facets/source.js";
export { requireFacets, supports, type DriverWith } from "./facets/supports.js";
export type { TrashedVolume, TrashFacet } from "./facets/trash.js";
