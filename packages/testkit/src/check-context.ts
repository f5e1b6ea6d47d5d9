import type { ConnectorFacts, ErrorCode, Outcome, SouthboundError, Volume, VolumeDriver, DriverManifest } from "@opensds/core";
import type { Faults } from "./faults/index.js";
import type { Random } from "./run/random.js";
import type { OpenBackends, TargetOptions } from "./target/target.js";
import type { TestWorker, WorkerOptions } from "./run/test-worker.js";

/** What an expected error has to look like; what is absent is not looked at. */
export interface ExpectedError {
  readonly code?: ErrorCode | readonly ErrorCode[];
  readonly reason?: string;
  readonly outcome?: Outcome;
}

/** Sizes that suit the backend's limits and granularity, in bytes. */
export interface CheckSizes {
  /** The smallest volume there can be. */
  readonly small: number;
  /** Large enough for a file system and some data: at least 64 MiB. */
  readonly data: number;
}

/** How to open another driver. */
export interface OpenOptions extends TargetOptions {
  /** Default true. */
  readonly setup?: boolean | undefined;
  /** Opens the same place under this name in the backends file; skips the check where that is impossible. */
  readonly as?: string | undefined;
  /** What the opened driver's backend fails in, beneath core's guard; skips the check where nothing can be put there. */
  readonly faults?: Faults | undefined;
}

/** Removes something; gets a driver that is set up whatever the check did to its own. */
export type CleanupStep = (driver: VolumeDriver) => Promise<void>;

/**
 * What a check works with. Volumes that it makes through these drivers and workers are removed afterwards, with their
 * mounts and attachments; `defer` is for everything else.
 */
export interface CheckContext {
  /** An opened driver of this check's own, set up. Every call is recorded, and ended at the check's time limit. */
  readonly driver: VolumeDriver;
  readonly manifest: DriverManifest;
  readonly sizes: CheckSizes;
  /** Seeded: the same seed and check give the same numbers. */
  readonly random: Random;
  /** Whether the run may take its time: every race and every crash point instead of a sample. */
  readonly thorough: boolean;
  /** Fires at the check's time limit and when the run is interrupted. */
  readonly signal: AbortSignal;
  /** Strings that no error may contain. */
  readonly secrets: readonly string[];
  /** What `reconcile` found before the run made anything, each as its kind and reference: others have left it. */
  readonly orphansBefore: readonly string[];

  /** Opens another driver of the same target, as another dock in this process would. Default: set up. */
  open(options?: OpenOptions): Promise<VolumeDriver>;
  /** Opens a backends file of the check's own, as the target's files are opened. */
  readonly openBackends: OpenBackends;
  /** Starts a process that opens the same target; skips the check where that is impossible. */
  worker(options?: WorkerOptions): Promise<TestWorker>;

  /** A name that nobody else uses: every one contains the run's prefix. */
  name(label: string): string;
  /** Whether a volume bears a name of this run. */
  isOurs(volume: Volume): boolean;
  /** Makes a volume of the smallest size, or of the given one, under a new name. */
  create(label: string, sizeBytes?: number): Promise<Volume>;
  /** Has a volume removed afterwards that was not made through this context's drivers. */
  track(volume: Pick<Volume, "id">): void;
  /** What a made-up other host says about itself. */
  otherHost(label: string): ConnectorFacts;
  /** An empty directory, removed afterwards. */
  temporaryDirectory(): Promise<string>;
  /** Runs after the check, the last one first; what fails is reported. `what` completes "could not ...". */
  defer(what: string, cleanup: CleanupStep): void;

  /** Fails unless both are equal in structure. `what` names the thing compared. */
  equal(actual: unknown, expected: unknown, what: string): void;
  /** Fails unless the condition holds. `expected` says what should be, `actual` is what was there instead. */
  ok(condition: boolean, expected: string, actual: unknown): void;
  /** Fails, saying what should be and what was there instead. */
  fail(expected: string, actual: unknown): never;
  /** Fails unless the call fails as described; returns its error. `what` names the call. */
  expectError(call: Promise<unknown>, expected: ExpectedError, what: string): Promise<SouthboundError>;
  /** Says something about the run that is worth reading also when the check passes. */
  note(text: string): void;
  /** Ends the check as skipped. `cause` is `environment` where another machine or another target could run it; default `backend`. */
  skip(reason: string, cause?: "backend" | "environment"): never;
}
