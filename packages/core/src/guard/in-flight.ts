import { isDeepStrictEqual } from "node:util";
import type { CallContext } from "../driver/call-context.js";
import type { Operation } from "../errors/operations.js";
import { SouthboundError } from "../errors/southbound-error.js";
import type { CallEnvironment } from "./call-environment.js";
import { openCallLimits, type BoundedCallOptions, type CallLimits, type CallSpec } from "./call-limits.js";
import { startWork, type CallWork } from "./call-work.js";
import { sleep } from "./sleep.js";

/** What a mutating call is about: who may run beside whom. */
export interface CallSubject {
  /** The thing that is changed: `name:<volume name>` or `volume:<id>`. */
  readonly subject: string;
  /** Calls on one subject run side by side when both name a different scope, such as the host; `*` is every scope. */
  readonly scope: string;
  /** Calls with the same operation, subject and (deeply equal) request are one call. */
  readonly request: unknown;
}

/** A mutating call that is running. */
export interface RunningCall {
  readonly operation: Operation;
  readonly subject: string;
  readonly since: Date;
}

/** The mutating calls of one backend that run in this process. */
export interface InFlight {
  /** Runs the call, or joins the identical one under way; a different one on the same subject is ABORTED. */
  run<Value, Op extends Operation>(
    spec: CallSpec<Op>,
    subject: CallSubject,
    options: BoundedCallOptions | undefined,
    body: (ctx: CallContext<Op>) => Promise<Value>,
  ): Promise<Value>;
  running(): readonly RunningCall[];
  /** Fulfils when nothing runs. */
  idle(): Promise<void>;
}

interface Entry extends CallSubject {
  readonly work: CallWork<unknown>;
}

/**
 * How long a call that every caller has given up may still hold its subject. A driver that never answers must not lock a
 * volume for ever; a driver that obeys its signal is gone long before.
 */
const abandonedHoldMs = 2_000;

/** Makes the registry; `holdMs` is for calls whose late end can touch nothing of the next one. */
export function createInFlight(environment: CallEnvironment, holdMs = abandonedHoldMs): InFlight {
  const entries = new Set<Entry>();

  const conflicting = (wanted: CallSubject): Entry | undefined => {
    for (const entry of entries) {
      if (entry.subject !== wanted.subject) continue;
      if (entry.scope === wanted.scope || entry.scope === "*" || wanted.scope === "*") return entry;
    }
    return undefined;
  };

  const waitForAbandoned = async (entry: Entry, limits: CallLimits): Promise<void> => {
    const patience = new AbortController();
    const hold = sleep(holdMs, patience.signal).catch(() => undefined);
    try {
      await limits.race(Promise.race([entry.work.settled, hold]));
    } finally {
      patience.abort();
    }
    entries.delete(entry);
  };

  return {
    run: async (spec, subject, options, body) => {
      let started = false;
      const limits = openCallLimits(spec, options, () => started);
      try {
        for (;;) {
          const ended = limits.ended();
          if (ended !== undefined) throw ended;
          const other = conflicting(subject);
          if (other === undefined) break;
          if (other.work.abandoned()) {
            if (holdMs > 0) await waitForAbandoned(other, limits);
            else entries.delete(other);
            continue;
          }
          if (other.work.spec.operation !== spec.operation || !isDeepStrictEqual(other.request, subject.request)) throw pending(spec, other);
          started = true;
          // The same operation and request have the same result type: entries are only ever made below.
          return (await other.work.wait(limits)) as Awaited<ReturnType<typeof body>>;
        }
        started = true;
        const work = startWork(spec, environment, body);
        const entry: Entry = { ...subject, work };
        entries.add(entry);
        void work.settled.then(() => entries.delete(entry));
        return await work.wait(limits);
      } finally {
        limits.close();
      }
    },
    running: () =>
      [...entries].map(({ subject, work }) => ({ operation: work.spec.operation, subject, since: work.startedAt })),
    idle: async () => {
      await Promise.all([...entries].map(({ work }) => work.settled));
    },
  };
}

function pending(spec: CallSpec, other: Entry): SouthboundError {
  const since = other.work.startedAt.toISOString();
  const { operation } = other.work.spec;
  return new SouthboundError("ABORTED", "operation-pending", `${operation} is running on it since ${since}; retry when it has ended`, {
    ...spec,
    outcome: "none",
    details: { pendingOperation: operation, since },
  });
}
