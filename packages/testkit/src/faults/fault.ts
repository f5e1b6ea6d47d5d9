import type { BackendFacets, CallContext, CodeOf, ErrorCode, FacetName, Operation, Recovery, StorageBackend } from "@opensds/core";

/** Which operation a backend's method serves, and what it is asked. */
type Served<Method> = Method extends (ctx: CallContext<infer Op>) => unknown
  ? { readonly operation: Op; readonly request: undefined }
  : Method extends (request: infer Request, ctx: CallContext<infer Op>) => unknown
    ? { readonly operation: Op; readonly request: Request }
    : never;

type ServedBy<Methods> = { [Name in keyof Methods]: Served<Methods[Name]> }[keyof Methods];

type AnyServed =
  | ServedBy<Omit<StorageBackend, "close" | "manifest">>
  | { [Name in FacetName]: ServedBy<BackendFacets[Name]> }[FacetName]
  | { readonly operation: "setup"; readonly request: unknown };

/**
 * The operations that reach a backend, so that faults can be put into them. The others are core's own: `attachVolume` asks the
 * backend by `connectVolume`, `detachVolume` by `listAttachments` and `disconnectVolume`, `mountVolume` by `readFormat` and `writeFormat`.
 */
export type FaultyOperation = AnyServed["operation"];

/** What a backend is asked when it serves an operation: checked, with the size settled. */
export type FaultyRequest<Op extends FaultyOperation> = Extract<AnyServed, { readonly operation: Op }>["request"];

/** How often a fault happens, and to which calls. */
export interface FaultTerms<Request> {
  /** How many calls it happens to. Default 1. */
  readonly times?: number | undefined;
  /** It happens to every call. Default false. */
  readonly always?: boolean | undefined;
  /** Picks the calls that it happens to, by what the backend is asked. Default: every call. */
  match?(request: Request): boolean;
}

/**
 * The call fails at once.
 * - `before-applied`: nothing was done (`outcome: "none"`)
 * - `after-applied`: all was done and the reply was lost (`outcome: "unknown"`)
 */
export interface ErrorFault<Code extends ErrorCode> {
  readonly when: "before-applied" | "after-applied";
  readonly code: Code;
  /** Default `injected-fault`. */
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /** Default: what the code usually means. */
  readonly recovery?: Recovery | undefined;
  /** Such as `{ retryAfterMs: 5_000 }`. Default: none. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The backend does nothing and never answers.
 * - `hang`: it stops when the call's signal fires
 * - `hang-deaf`: it does not hear the signal either
 */
export interface HangFault {
  readonly when: "hang" | "hang-deaf";
}

/**
 * The answer comes late, whether or not anybody still waits; the signal is not heard.
 * - `late`: the work is done at once
 * - `late-applied`: the work is done late, too: a write that lands after its caller has given up
 */
export interface LateFault {
  readonly when: "late" | "late-applied";
  /** Milliseconds on the clock of `setTimeout`. */
  readonly afterMs: number;
}

/** A page of a list, or a list without pages, takes long; the backend stops when the signal fires. */
export interface SlowPageFault {
  readonly when: "slow-page";
  /** Milliseconds on the clock of `setTimeout`. */
  readonly afterMs: number;
}

type ListOperation = Extract<FaultyOperation, `list${string}`>;

/** One thing that goes wrong in one operation. */
export type Fault<Op extends FaultyOperation> = FaultTerms<FaultyRequest<Op>> &
  (ErrorFault<CodeOf<Op>> | HangFault | LateFault | (Op extends ListOperation ? SlowPageFault : never));

/** What goes wrong, by operation. Of several faults a call takes the first that is not used up and matches it. */
export type Faults = { readonly [Op in FaultyOperation]?: readonly Fault<Op>[] | undefined };

/** A fault without its operation's types: how it is looked up and performed. */
export type AnyFault = FaultTerms<unknown> & (ErrorFault<ErrorCode> | HangFault | LateFault | SlowPageFault);

/** Faults without their operations' types. */
export type AnyFaults = Readonly<Partial<Record<Operation, readonly AnyFault[] | undefined>>>;
