import type {
  CreateVolumeRequest,
  DeleteVolumeRequest,
  ErrorWire,
  GetVolumeRequest,
  ListVolumesRequest,
  Page,
  Volume,
  VolumeDriver,
} from "@opensds/core";
import type { BackendsTarget } from "../target/target.js";

/** What a worker can be asked to do. Requests and results are the operation's own, as JSON. */
export type WorkerCall =
  | { readonly operation: "createVolume"; readonly request: CreateVolumeRequest }
  | { readonly operation: "getVolume"; readonly request: GetVolumeRequest }
  | { readonly operation: "deleteVolume"; readonly request: DeleteVolumeRequest }
  | { readonly operation: "listPage"; readonly request: ListVolumesRequest };

/** What the parent sends: first which target to open and set up, then calls. */
export type ParentMessage =
  | { readonly type: "open"; readonly target: BackendsTarget; readonly timeoutMs: number }
  | { readonly type: "call"; readonly id: number; readonly call: WorkerCall; readonly timeoutMs: number };

/** What a worker answers; id 0 answers `open`. */
export type AnswerMessage =
  | { readonly type: "answer"; readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly type: "answer"; readonly id: number; readonly ok: false; readonly error: ErrorWire };

const hasType = (message: unknown, ...types: readonly string[]): boolean =>
  typeof message === "object" && message !== null && "type" in message && types.includes(String(message.type));

/** Whether a message is one that the parent sends: only our own processes write to this channel. */
export const isParentMessage = (message: unknown): message is ParentMessage => hasType(message, "open", "call");

/** Whether a message is a worker's answer. */
export const isAnswer = (message: unknown): message is AnswerMessage => hasType(message, "answer");

/** Whether an answer's value is a volume. */
export const isVolume = (value: unknown): value is Volume =>
  typeof value === "object" && value !== null && "id" in value && "name" in value && "sizeBytes" in value;

/** Whether an answer's value is a page of volumes. */
export const isVolumePage = (value: unknown): value is Page<Volume> =>
  typeof value === "object" && value !== null && "items" in value && Array.isArray(value.items) && value.items.every(isVolume);

/** Does what the parent asked for, in the worker. */
export async function runWorkerCall(driver: VolumeDriver, { operation, request }: WorkerCall, timeoutMs: number): Promise<unknown> {
  const options = { timeoutMs };
  switch (operation) {
    case "createVolume":
      return driver.createVolume(request, options);
    case "getVolume":
      return driver.getVolume(request, options);
    case "deleteVolume":
      await driver.deleteVolume(request, options);
      return null;
    case "listPage":
      for await (const page of driver.listVolumes(request, options).pages()) return page;
      return { items: [] };
  }
}
