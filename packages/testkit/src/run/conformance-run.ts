import type { DriverManifest, VolumeDriver } from "@opensds/core";
import { randomInt } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Check } from "../check.js";
import { allChecks } from "../checks/index.js";
import type { CheckResult } from "../report/report.js";
import { withoutSecrets } from "../report/hide-secrets.js";
import { BadInput } from "../target/bad-input.js";
import { openTarget, type OpenedTarget } from "../target/open-target.js";
import { secretsOf } from "../target/secrets-of.js";
import { isBackendsTarget, type ConformanceTarget } from "../target/target.js";
import { openJournal } from "./journal.js";
import { runPrefix } from "./names.js";
import { orphansNow } from "./orphans.js";
import { runCheck } from "./run-check.js";
import { selectChecks, type Selection } from "./select.js";
import { within } from "./time-limit.js";

/** How to run the suite. */
export interface RunOptions {
  /** Default: every check. */
  readonly select?: Selection | undefined;
  /** For random choices; printed in the report. Default: a new one. */
  readonly seed?: number | undefined;
  /** Milliseconds that one check may take. Default 120 000. */
  readonly timeoutMs?: number | undefined;
  /** By id, why a check is known to fail here. It is run, and has to fail. Default: none. */
  readonly knownFailures?: Readonly<Record<string, string>> | undefined;
  /**
   * Passwords and keys that the backend is configured with: no error may show them. Default: none; what a backends file refers to as
   * `{ env }` or `{ file }` is known without being told.
   */
  readonly secrets?: readonly string[] | undefined;
  /** Every race and every crash point instead of a sample that the seed draws. Default false. */
  readonly thorough?: boolean | undefined;
  /** Ends the run early; what was made is removed first. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the suite's. For tests of the runner. */
  readonly checks?: readonly Check[] | undefined;
}

/** A target that is known to work, and its checks, to be run one by one: what test frameworks are adapted to. */
export interface ConformanceRun {
  readonly backend: { readonly name: string; readonly kind: string; readonly manifest: DriverManifest };
  readonly checks: readonly Check[];
  readonly seed: number;
  readonly prefix: string;
  readonly timeoutMs: number;
  /** Runs one check; never throws. */
  run(check: Check): Promise<CheckResult>;
  /** Closes the target and what is left of the run; call it once, at the end. */
  close(): Promise<void>;
}

/** Milliseconds that a check may take unless the run says otherwise. */
export const defaultCheckTimeoutMs = 120_000;

/** Opens the target and sets it up once, to learn that it works and what it can do. */
export async function openConformanceRun(target: ConformanceTarget, options: RunOptions = {}): Promise<ConformanceRun> {
  const { checks, knownFailures, seed, timeoutMs } = checkOptions(options);
  const prefix = runPrefix();
  const interrupted = options.signal ?? new AbortController().signal;
  setMaxListeners(0, interrupted);

  const opened = await openJanitor(target, timeoutMs);
  const { driver } = opened;
  const backend = { name: driver.backend, kind: driver.kind, manifest: structuredClone(driver.manifest) };
  const janitor = async (): Promise<VolumeDriver> => {
    await driver.setup();
    return driver;
  };
  const secrets = [...new Set([...(options.secrets ?? []), ...(isBackendsTarget(target) ? secretsOf(target) : [])])];
  const looksForOrphans = checks.some(({ facets = [] }) => facets.includes("reconciliation"));
  const orphansBefore = looksForOrphans ? await within(orphansNow(driver), timeoutMs, "looking for orphans").catch(() => []) : [];
  const journal = openJournal(prefix);
  /** What could not be removed stays known to `clean`. */
  let leftovers = 0;
  const settings = {
    target,
    manifest: backend.manifest,
    prefix,
    seed,
    secrets,
    orphansBefore,
    timeoutMs,
    thorough: options.thorough ?? false,
    journal,
    janitor,
    knownFailures,
    interrupted,
  };
  return {
    backend,
    checks,
    seed,
    prefix,
    timeoutMs,
    run: async (check) => {
      const result = withoutSecrets(await runCheck(check, settings), secrets);
      leftovers += result.leftovers?.length ?? 0;
      return result;
    },
    close: async () => {
      if (leftovers === 0) journal.remove();
      await within(opened.close(), closeMs, "closing the target");
    },
  };
}

const closeMs = 30_000;

function checkOptions(options: RunOptions) {
  const all = options.checks ?? allChecks;
  const { knownFailures = {}, seed = randomInt(2 ** 31), timeoutMs = defaultCheckTimeoutMs } = options;
  selectChecks(all, { ids: Object.keys(knownFailures) });
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new BadInput(`the seed is ${seed}; give a whole number below 2^32`);
  if (!(timeoutMs > 0) || timeoutMs >= 2 ** 31) throw new BadInput(`the time limit is ${timeoutMs}; give milliseconds above 0 and below 2^31`);
  return { checks: selectChecks(all, options.select), knownFailures, seed, timeoutMs };
}

async function openJanitor(target: ConformanceTarget, timeoutMs: number): Promise<OpenedTarget> {
  const opened = await within(openTarget(target), timeoutMs, "opening the target");
  try {
    await within(opened.driver.setup({ timeoutMs }), timeoutMs + 1_000, "setup");
    return opened;
  } catch (error) {
    await within(opened.close(), closeMs, "closing the target").catch(() => undefined);
    throw error;
  }
}
