import { hostId, type DriverManifest, type VolumeDriver } from "@opensds/core";
import { randomUUID } from "node:crypto";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckContext, CleanupStep } from "../check-context.js";
import { isBackendsTarget, type BackendsTarget, type ConformanceTarget, type OpenBackends } from "../target/target.js";
import { openerOf, openTarget, openWithFaults } from "../target/open-target.js";
import { renameBackend } from "../target/rename-backend.js";
import { workerPath } from "../worker-path.js";
import { assertions } from "./assertions.js";
import { createCallLog, type CallLog } from "./call-log.js";
import type { Journal } from "./journal.js";
import { createMadeVolumes } from "./made-volumes.js";
import { createNamer } from "./names.js";
import { createRandom } from "./random.js";
import { recordDriver } from "./recorded-driver.js";
import { checkSizes } from "./sizes.js";
import { startWorker } from "./test-worker.js";
import { within } from "./time-limit.js";

/** What a check's session is made of. */
export interface SessionSettings {
  readonly checkId: string;
  readonly target: ConformanceTarget;
  readonly manifest: DriverManifest;
  readonly prefix: string;
  readonly seed: number;
  readonly secrets: readonly string[];
  readonly orphansBefore: readonly string[];
  /** Fires at the check's time limit. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly thorough: boolean;
  readonly journal: Journal;
  /** A driver that is set up, for cleaning up with. */
  readonly janitor: () => Promise<VolumeDriver>;
}

/** One check's context, and what takes everything away again. */
export interface CheckSession {
  readonly ctx: CheckContext;
  readonly log: CallLog;
  readonly notes: readonly string[];
  /** Cleans up in reverse order; returns what could not be removed, in words. Never throws. */
  end(): Promise<string[]>;
}

/** Milliseconds that one step of cleaning up may take. */
const cleanupStepMs = 30_000;

/** Opens a driver for one check and makes its context. */
export async function openCheckSession(settings: SessionSettings): Promise<CheckSession> {
  const { target, manifest, prefix, signal, checkId } = settings;
  const log = createCallLog();
  const made = createMadeVolumes(prefix, settings.journal);
  const deferred: { readonly what: string; readonly step: CleanupStep }[] = [];
  const closers: (() => Promise<void>)[] = [];
  const directories: string[] = [];
  const notes: string[] = [];
  const name = createNamer(prefix, checkId);
  const random = createRandom(settings.seed, checkId);
  let drivers = 0;
  let workers = 0;

  const open: CheckContext["open"] = async ({ setup = true, as, faults, ...options } = {}) => {
    signal.throwIfAborted();
    drivers += 1;
    const by = drivers === 1 ? "driver" : `driver ${drivers}`;
    const place = as === undefined ? target : await renamed(target, as);
    const opened = faults === undefined ? await openTarget(place, options) : await openWithFaults(faulty(place), options, faults, await newDirectory());
    closers.push(() => opened.close());
    const driver = recordDriver(opened.driver, { by, log, made, signal, journal: settings.journal });
    if (setup) await driver.setup();
    return driver;
  };

  const newDirectory = async (): Promise<string> => {
    const directory = await mkdtemp(join(tmpdir(), `${prefix}-`));
    directories.push(directory);
    return directory;
  };

  const faulty = (from: ConformanceTarget): BackendsTarget =>
    isBackendsTarget(from) ? from : assertions.skip("the target is a live object, whose backend cannot be made to fail", "environment");

  const renamed = async (from: ConformanceTarget, to: string): Promise<BackendsTarget> => {
    if (!isBackendsTarget(from)) return assertions.skip("the target is a live object, which has no other name", "environment");
    return (await renameBackend(from, to, await newDirectory())) ?? assertions.skip("the backend cannot be given another name in a copy of its file", "environment");
  };

  const end = async (): Promise<string[]> => {
    const problems: string[] = [];
    const attempt = async (what: string, work: () => Promise<void>, atMostMs = cleanupStepMs): Promise<void> => {
      try {
        await within(work(), atMostMs, what);
      } catch (error) {
        problems.push(`could not ${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    for (const { what, step } of deferred.reverse()) await attempt(what, async () => step(await settings.janitor()));
    // Processes first: one that still works would make what was just removed.
    for (const close of closers.reverse()) await attempt("close a driver or worker", close);
    const removeAll = async (): Promise<void> => {
      problems.push(...(await made.removeAll(settings.janitor, (work) => within(work, cleanupStepMs, "removing it"))));
    };
    // A check may have made as many volumes as its time allows.
    await attempt("remove what the check made", removeAll, Math.max(settings.timeoutMs, cleanupStepMs));
    for (const directory of directories.reverse()) {
      await attempt(`remove ${directory}`, () => rm(directory, { recursive: true, force: true }));
    }
    return problems;
  };

  let driver: VolumeDriver;
  let openBackends: OpenBackends;
  try {
    openBackends = await openerOf(target);
    driver = await open();
  } catch (error) {
    await end();
    throw error;
  }

  const ctx: CheckContext = {
    ...assertions,
    driver,
    manifest,
    sizes: checkSizes(manifest.limits),
    random,
    thorough: settings.thorough,
    signal,
    secrets: settings.secrets,
    orphansBefore: settings.orphansBefore,
    open,
    openBackends,
    worker: async (options = {}) => {
      const script = workerPath();
      if (!isBackendsTarget(target) || script === undefined) return assertions.skip("no other process can open this target", "environment");
      workers += 1;
      const by = `worker ${workers}`;
      const started = await startWorker({ ...options, script, target, by, log, made, signal, callTimeoutMs: options.callTimeoutMs ?? settings.timeoutMs });
      closers.push(() => started.stop());
      return started.worker;
    },
    name,
    isOurs: (volume) => volume.name.includes(prefix),
    create: (label, sizeBytes = checkSizes(manifest.limits).small) =>
      driver.createVolume({ name: name(label), capacity: { requiredBytes: sizeBytes } }),
    track: (volume) => made.created(volume),
    otherHost: (label) => ({ hostId: hostId(`${prefix}-${label}`), hostName: `${label}.invalid`, bootId: randomUUID() }),
    temporaryDirectory: async () => {
      const directory = await realpath(await mkdtemp(join(tmpdir(), `${prefix}-`)));
      directories.push(directory);
      return directory;
    },
    defer: (what, step) => deferred.push({ what, step }),
    note: (text) => notes.push(text),
  };
  return { ctx, log, notes, end };
}
