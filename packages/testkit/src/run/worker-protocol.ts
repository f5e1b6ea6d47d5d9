import { exportConnection, type AttachmentRecord, type ConnectVolumeRequest, type ErrorWire, type MountRecord, type Page, type Volume, type VolumeDriver } from "@opensds/core";
import type { BackendsTarget } from "../target/target.js";

/** What a worker can be asked to do: an operation of the driver or of a facet (`snapshots.createSnapshot`), one `listPage`, or `connectExported`. */
export interface WorkerCall {
  readonly operation: string;
  readonly request: unknown;
}

/** What the parent sends: first which target to open, then calls and the rest. */
export type ParentMessage =
  | { readonly type: "open"; readonly target: BackendsTarget; readonly timeoutMs: number; readonly setup: boolean }
  | { readonly type: "call"; readonly id: number; readonly call: WorkerCall; readonly timeoutMs: number }
  /** From now on count steps, and die by SIGKILL before the one of this number; 0 is never. */
  | { readonly type: "die-at"; readonly id: number; readonly step: number }
  /** The steps since `die-at` or since setup. */
  | { readonly type: "steps"; readonly id: number }
  /** Closes the driver and tells what it left in the process. */
  | { readonly type: "close"; readonly id: number };

/** What a worker answers; id 0 answers `open`. */
export type AnswerMessage =
  | { readonly type: "answer"; readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly type: "answer"; readonly id: number; readonly ok: false; readonly error: ErrorWire };

const hasType = (message: unknown, ...types: readonly string[]): boolean =>
  typeof message === "object" && message !== null && "type" in message && types.includes(String(message.type));

/** Whether a message is one that the parent sends: only our own processes write to this channel. */
export const isParentMessage = (message: unknown): message is ParentMessage =>
  hasType(message, "open", "call", "die-at", "steps", "close");

/** Whether a message is a worker's answer. */
export const isAnswer = (message: unknown): message is AnswerMessage => hasType(message, "answer");

/** Whether an answer's value is a volume. */
export const isVolume = (value: unknown): value is Volume =>
  typeof value === "object" && value !== null && "id" in value && "name" in value && "sizeBytes" in value;

/** Whether an answer's value is a page of volumes. */
export const isVolumePage = (value: unknown): value is Page<Volume> =>
  typeof value === "object" && value !== null && "items" in value && Array.isArray(value.items) && value.items.every(isVolume);

/** Whether an answer's value is an attachment record. */
export const isAttachmentRecord = (value: unknown): value is AttachmentRecord => hasType(value, "attachment");

/** Whether an answer's value is a mount record. */
export const isMountRecord = (value: unknown): value is MountRecord => hasType(value, "mount");

/** Whether an answer's value is a list of words. */
export const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

/** Does what the parent asked for, in the worker. */
export async function runWorkerCall(driver: VolumeDriver, { operation, request }: WorkerCall, timeoutMs: number): Promise<unknown> {
  const options = { timeoutMs };
  if (operation === "listPage") {
    for await (const page of driver.listVolumes(isPageRequest(request) ? request : {}, options).pages()) return page;
    return { items: [] };
  }
  if (operation === "connectExported") {
    if (!isConnectRequest(request)) throw new Error("connectExported takes a connect request");
    return exportConnection(await driver.connectVolume(request, options));
  }
  const [facet, method = facet] = operation.split(".");
  const owner: unknown = method === facet ? driver : Reflect.get(driver, facet ?? "");
  if (typeof owner !== "object" || owner === null) throw new Error(`this backend has no ${operation}`);
  const call: unknown = Reflect.get(owner, method ?? "");
  if (typeof call !== "function") throw new Error(`this backend has no ${operation}`);
  const result: unknown = await Reflect.apply(call, owner, [request, options]);
  return result ?? null;
}

const isConnectRequest = (request: unknown): request is ConnectVolumeRequest =>
  typeof request === "object" && request !== null && "volumeId" in request && "connector" in request;

const isPageRequest = (request: unknown): request is { readonly pageSize?: number } => typeof request === "object" && request !== null;
