import type { ErrorCode } from "./codes.js";

/** Codes that any operation may end with, whatever it does. */
const always = [
  "INVALID_ARGUMENT",
  "CANCELLED",
  "DEADLINE_EXCEEDED",
  "FAILED_PRECONDITION",
  "PERMISSION_DENIED",
  "UNAUTHENTICATED",
  "UNAVAILABLE",
  "UNIMPLEMENTED",
  "INTERNAL",
] as const satisfies readonly ErrorCode[];

/** Codes that calls which change something may end with besides. */
const mutating = [...always, "ABORTED", "RESOURCE_EXHAUSTED"] as const satisfies readonly ErrorCode[];

/**
 * Which codes each operation may end with. The types of `ctx.fail`, `isSouthboundError(error, operation)` and the
 * guard's check of what drivers throw all come from this one map.
 */
export const operationCodes = {
  openBackends: [...always, "NOT_FOUND"],
  setup: [...always, "NOT_FOUND"],
  unset: always,
  createVolume: [...mutating, "ALREADY_EXISTS", "NOT_FOUND", "OUT_OF_RANGE"],
  getVolume: [...always, "NOT_FOUND"],
  listVolumes: [...always, "ABORTED"],
  deleteVolume: mutating,
  connectVolume: [...mutating, "NOT_FOUND"],
  disconnectVolume: mutating,
  attachVolume: [...mutating, "NOT_FOUND"],
  detachVolume: mutating,
  mountVolume: [...mutating, "NOT_FOUND", "ALREADY_EXISTS", "DATA_LOSS"],
  unmountVolume: mutating,
  listAttachments: [...always, "NOT_FOUND"],
  listMounts: always,
  readFormat: [...always, "NOT_FOUND"],
  writeFormat: [...mutating, "NOT_FOUND"],

  createSnapshot: [...mutating, "ALREADY_EXISTS", "NOT_FOUND"],
  getSnapshot: [...always, "NOT_FOUND"],
  listSnapshots: [...always, "ABORTED"],
  deleteSnapshot: mutating,
  revertVolume: [...mutating, "NOT_FOUND"],
  expandVolume: [...mutating, "NOT_FOUND", "OUT_OF_RANGE"],
  growAttachment: [...mutating, "NOT_FOUND"],
  listPools: always,
  modifyVolume: [...mutating, "NOT_FOUND", "OUT_OF_RANGE"],
  getQos: [...always, "NOT_FOUND"],
  createGroup: [...mutating, "ALREADY_EXISTS", "NOT_FOUND"],
  getGroup: [...always, "NOT_FOUND"],
  listGroups: [...always, "ABORTED"],
  updateGroup: [...mutating, "NOT_FOUND"],
  deleteGroup: mutating,
  createGroupSnapshot: [...mutating, "ALREADY_EXISTS", "NOT_FOUND"],
  getGroupSnapshot: [...always, "NOT_FOUND"],
  deleteGroupSnapshot: mutating,
  listImportable: [...always, "ABORTED"],
  importVolume: [...mutating, "ALREADY_EXISTS", "NOT_FOUND"],
  unmanageVolume: mutating,
  listTrash: [...always, "ABORTED"],
  undeleteVolume: [...mutating, "ALREADY_EXISTS", "NOT_FOUND"],
  purgeVolume: mutating,
  listChangedBlocks: [...always, "NOT_FOUND", "ABORTED"],
  getHealth: [...always, "NOT_FOUND"],
  reconcile: mutating,
  fenceHost: mutating,
  unfenceHost: mutating,
  examine: always,
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>;

/** The name of something that a driver can be asked to do. */
export type Operation = keyof typeof operationCodes;

/** The codes that an operation may end with. */
export type CodeOf<Op extends Operation> = (typeof operationCodes)[Op][number];

const reading: ReadonlySet<Operation> = new Set<Operation>([
  "openBackends",
  "getVolume",
  "listVolumes",
  "listAttachments",
  "listMounts",
  "readFormat",
  "getSnapshot",
  "listSnapshots",
  "listPools",
  "getQos",
  "getGroup",
  "listGroups",
  "getGroupSnapshot",
  "listImportable",
  "listTrash",
  "listChangedBlocks",
  "getHealth",
  "examine",
]);

/** Whether an operation may change something. A failed read has the outcome `none`, always. */
export const isMutating = (operation: Operation): boolean => !reading.has(operation);
