import type { Check } from "../check.js";
import type { CheckResult, FailureReport, SkipCause } from "../report/report.js";
import { rules } from "../rules.js";
import type { CallRecord } from "./call-log.js";
import { describeValue } from "./call-log.js";
import { openCheckSession, type CheckSession, type SessionSettings } from "./check-session.js";
import { unmetNeed } from "./needs.js";
import { CheckFailure, CheckSkipped, CheckTimeout, RunInterrupted } from "./outcome.js";
import { untilAborted, within } from "./time-limit.js";
import { setMaxListeners } from "node:events";

/** What running one check takes besides the check. */
export interface RunCheckSettings extends Omit<SessionSettings, "checkId" | "signal"> {
  /** By id, why a check is known to fail. Such a check has to fail. */
  readonly knownFailures: Readonly<Record<string, string>>;
  /** Fires when the run is interrupted. */
  readonly interrupted: AbortSignal;
}

interface Ending {
  readonly status: "passed" | "failed" | "skipped";
  readonly reason?: string;
  readonly skipCause?: SkipCause;
  readonly error?: FailureReport;
}

/** Milliseconds that a check has to end by itself once its time is over; what holds a device open keeps its volume from being removed. */
const endingMs = 2_000;

/** Runs one check, from opening its driver to removing what it made. Never throws. */
export async function runCheck(check: Check, settings: RunCheckSettings): Promise<CheckResult> {
  const beganMs = performance.now();
  const finish = (ending: Ending, calls: readonly CallRecord[] = [], leftovers: readonly string[] = [], notes: readonly string[] = []): CheckResult => ({
    id: check.id,
    family: check.family,
    level: check.level,
    title: check.title,
    rules: check.rules.map((id) => ({ id, text: rules[id] })),
    status: ending.status,
    ms: Math.round(performance.now() - beganMs),
    ...(ending.reason !== undefined && { reason: ending.reason }),
    ...(ending.skipCause !== undefined && { skipCause: ending.skipCause }),
    ...(ending.error !== undefined && { error: ending.error }),
    ...(ending.error !== undefined && { calls }),
    ...(leftovers.length > 0 && { leftovers }),
    ...(notes.length > 0 && { notes }),
  });

  const unmet = unmetNeed(check, settings.manifest, settings.target);
  if (unmet !== undefined) return finish({ status: "skipped", reason: unmet.reason, skipCause: unmet.cause });

  const limit = new AbortController();
  setMaxListeners(0, limit.signal);
  const timer = setTimeout(
    () => limit.abort(new CheckTimeout(`the check did not end within ${settings.timeoutMs} ms`)),
    settings.timeoutMs,
  );
  const interrupt = (): void => limit.abort(new RunInterrupted("the run was interrupted"));
  if (settings.interrupted.aborted) interrupt();
  settings.interrupted.addEventListener("abort", interrupt, { once: true });

  let session: CheckSession | undefined;
  let running: Promise<void> | undefined;
  let ending: Ending;
  try {
    const opening = openCheckSession({ ...settings, checkId: check.id, signal: limit.signal });
    // Opened too late for its check: still to be closed.
    opening.then((late) => (limit.signal.aborted && session === undefined ? late.end() : undefined)).catch(() => undefined);
    session = await untilAborted(opening, limit.signal);
    running = check.run(session.ctx);
    await untilAborted(running, limit.signal);
    ending = { status: "passed" };
  } catch (error) {
    ending = endingOf(error);
  } finally {
    clearTimeout(timer);
    settings.interrupted.removeEventListener("abort", interrupt);
  }
  const calls = session?.log.records() ?? [];
  // What the check still has under way ends now, before its things are taken away.
  limit.abort(new Error("the check has ended"));
  if (running !== undefined) await within(running, endingMs, "the check").catch(() => undefined);
  const leftovers = (await session?.end()) ?? [];
  if (ending.status === "passed" && leftovers.length > 0) {
    ending = { status: "failed", error: { message: `the check passed, but cleaning up failed: ${leftovers.join("; ")}` } };
  }
  return finish(withKnownFailure(ending, settings.knownFailures[check.id]), calls, leftovers, session?.notes);
}

function endingOf(error: unknown): Ending {
  if (error instanceof CheckSkipped) return { status: "skipped", reason: error.message, skipCause: error.cause };
  if (error instanceof RunInterrupted) return { status: "skipped", reason: error.message, skipCause: "interruption" };
  if (error instanceof CheckFailure) {
    return { status: "failed", error: { message: error.message, expected: error.expected, actual: error.actual } };
  }
  if (error instanceof CheckTimeout) return { status: "failed", error: { message: error.message, timedOut: true } };
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    status: "failed",
    error: { message: `failed unexpectedly: ${describeValue(error)}`, ...(stack !== undefined && { stack }) },
  };
}

function withKnownFailure(ending: Ending, why: string | undefined): Ending {
  if (why === undefined || ending.status === "skipped") return ending;
  if (ending.status === "failed") return { ...ending, status: "skipped", reason: `known failure: ${why}`, skipCause: "known-failure" };
  const message = `is listed in knownFailures (${why}) and passes; take it off the list`;
  return { status: "failed", error: { message } };
}
