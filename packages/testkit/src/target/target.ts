import type { Backends, OpenBackendsOptions, VolumeDriver } from "@opensds/core";

/** A backend of a backends file: any process can open it, so every check can run. */
export interface BackendsTarget {
  /** Path of the file, or its content as an object. */
  readonly backends: string | object;
  /** The backend's name in the file. */
  readonly backend: string;
  /** Modules that export drivers: paths or package names. Default: drivers are found by name. */
  readonly driverModules?: readonly string[] | undefined;
  /** Whose packages to look through; a file's path or URL. Default: the working directory. */
  readonly from?: string | undefined;
  /**
   * Module that exports an `openBackends` which takes the place of core's, in every process of the run: a dock's own, which wraps what
   * it opens. Default: core's.
   */
  readonly opener?: string | undefined;
}

/** Opens a backends file, as core's `openBackends` does. */
export type OpenBackends = (source: string | object, options?: OpenBackendsOptions) => Promise<Backends>;

/** What a check may ask for when it opens a driver: to watch or hold its steps, and to read its log. */
export type TargetOptions = Pick<OpenBackendsOptions, "onStep" | "log">;

/** Something that opens drivers in this process only: checks that need several processes are skipped. */
export interface LiveTarget {
  /**
   * Opens a driver of its own, not yet set up, of the same storage each time. The suite calls `unset` when it is done
   * with one. Checks that hold a driver at its steps are skipped where the options are not handed to `openBackends`.
   */
  open(options?: TargetOptions): Promise<VolumeDriver>;
}

/** What a run of the suite is about. */
export type ConformanceTarget = BackendsTarget | LiveTarget;

/** Whether a target can be opened by another process. */
export const isBackendsTarget = (target: ConformanceTarget): target is BackendsTarget => "backends" in target;
