import type { AccessMode, ErrorCode, Outcome } from "@opensds/core";

/** What a caller asks a driver for, in plain JSON, so that the caller may be another process. */
export type Invocation =
  | { readonly call: "create"; readonly name: string; readonly requiredBytes: number; readonly limitBytes: number | null }
  | { readonly call: "get"; readonly name: string; readonly id?: string | undefined }
  | { readonly call: "list"; readonly pageSize: number }
  | { readonly call: "delete"; readonly name: string; readonly id: string }
  | { readonly call: "connect"; readonly name: string; readonly id: string; readonly host: string; readonly mode: AccessMode }
  | { readonly call: "disconnect"; readonly name: string; readonly id: string; readonly attachmentId: string }
  | { readonly call: "attachments"; readonly name: string; readonly id: string };

/** A volume as a caller saw it. */
export interface SeenVolume {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number | null;
  readonly state: string;
}

/** An attachment as a caller saw it. */
export interface SeenAttachment {
  readonly id: string;
  readonly host: string;
  readonly mode: AccessMode;
}

/** How a call ended. Failures that say nothing about the volumes (`outcome` apart) are told by their code and reason. */
export type Answer =
  | { readonly how: "volume"; readonly volume: SeenVolume }
  | { readonly how: "volumes"; readonly volumes: readonly SeenVolume[] }
  | { readonly how: "attachment"; readonly attachment: SeenAttachment }
  | { readonly how: "attachments"; readonly attachments: readonly SeenAttachment[] }
  | { readonly how: "done" }
  | { readonly how: "failed"; readonly code: ErrorCode; readonly reason: string; readonly outcome: Outcome; readonly message: string };

/** One call in a history. The times are ticks of one clock that all callers share. */
export interface Entry {
  readonly caller: number;
  readonly invocation: Invocation;
  readonly answer: Answer;
  readonly calledAt: number;
  readonly returnedAt: number;
  /**
   * The moment at which a refused connect had its attachment recorded, before it took that back: see `CheckOptions`. Both halves of
   * such a call, the attempt and its end, bear it.
   */
  readonly attempt?: "recorded" | "ended" | undefined;
}

/** Whether nobody can tell if the call took effect: it may do so at any later time, or never. */
export const isUnknown = ({ answer }: Entry): boolean => answer.how === "failed" && answer.outcome === "unknown";

/** Whether an order of the calls may leave it out. */
export const isOptional = (entry: Entry): boolean => isUnknown(entry) || entry.attempt === "recorded";

/** One line for people. */
export function describeEntry({ caller, invocation, answer, calledAt, returnedAt }: Entry): string {
  const { call, ...asked } = invocation;
  const { how, ...answered } = answer;
  return `[${calledAt}..${returnedAt}] caller ${caller}: ${call} ${JSON.stringify(asked)} -> ${how} ${JSON.stringify(answered)}`;
}
