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
  type ListAttachmentsRequest,
} from "./model/attachment.js";
export type { Connection, ConnectionInfo, FileConnectionInfo, RbdAttachMethod, RbdConnectionInfo } from "./model/connection.js";
export type { FileSystemType, FormatRecord, ListMountsRequest, MountRecord, MountVolumeRequest } from "./model/mount.js";

export { defaultRecovery, errorCodes, type ErrorCode, type Outcome, type Recovery } from "./errors/codes.js";
export { isMutating, operationCodes, type CodeOf, type Operation } from "./errors/operations.js";
export {
  errorFromJSON,
  errorToJSON,
  isSouthboundError,
  SouthboundError,
  type ErrorInfo,
  type ErrorWire,
} from "./errors/southbound-error.js";
export { settle, type Settled } from "./errors/settle.js";

export type { CallContext, CallOptions } from "./driver/call-context.js";
export { defineDriver, isDriverDefinition, type DriverDefinition, type DriverOptions } from "./driver/define-driver.js";
export { retrying, type RetryOptions } from "./driver/retrying.js";
export { silentLogger, type Logger } from "./driver/logger.js";
export { contractVersion, type DriverManifest } from "./driver/manifest.js";
export type { StandardIssue, StandardResult, StandardSchema } from "./driver/standard-schema.js";
export type {
  BackendConnectRequest,
  BackendCreateRequest,
  BackendPageRequest,
  StorageBackend,
} from "./driver/storage-backend.js";
export type { VolumeDriver } from "./driver/volume-driver.js";

export { suggest } from "./backends/nearest.js";
export { openBackends, type Backends, type OpenBackendsOptions } from "./backends/open-backends.js";
export type { FormatJournal, Host, HostOptions } from "./host/host.js";
export { callChannels, type CallEnd, type CallObserver, type ObservedCall, type WatchedCall } from "./guard/observe.js";
