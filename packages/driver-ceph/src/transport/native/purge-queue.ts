import type { Logger } from "@opensds/core";
import { errno, failedWith } from "../command-failure.js";
import { doomedKey } from "../rados.js";
import type { Caller } from "./pending-request.js";
import type { Supervisor } from "./supervisor.js";

/**
 * Purges images in the background. What is queued lies in the trash with its mark: whatever happens to this process, any dock's next
 * `setup`, or a replay of the delete, goes on with it.
 */
export interface PurgeQueue {
  add(imageId: string): void;
  /** Queues what docks that are gone have left in the trash, now and from time to time. */
  sweep(): void;
  /** Waits until all is purged, at most so long; then the cluster's manager gets the rest. */
  drain(atMostMs: number): Promise<void>;
}

export interface PurgeSettings {
  readonly supervisor: Pick<Supervisor, "request" | "isIdle" | "asked">;
  readonly log: Logger;
  /** Hands an image to the cluster's manager, which goes on by itself. */
  readonly toManager: (caller: Caller, imageId: string) => Promise<void>;
}

interface Waiting {
  /** On the clock of `performance.now()`: since when it waits, and until when it is not to be tried. */
  readonly since: number;
  readonly notBefore: number;
  readonly tries: number;
}

/** Purges at the same time: while nothing else is asked for, and beside other work. */
const atOnce = { idle: 16, busy: 4 } as const;
/** Purging waits for a moment without other work, for at most so long, and as long as no more than this waits. */
const patienceMs = 2_000;
const longQueue = 32;
const quietMs = 10;
const enoughQuietLooks = 2;
/** A purge of a full image deletes its objects one by one. */
const purgeWithinMs = 600_000;
/** A child that died while it purged is still believed to watch the image for 30 s. */
const againAfterMs = 10_000;
const mostTries = 5;
const managerWithinMs = 30_000;
const sweepEveryMs = 600_000;
/** Younger entries in the trash are somebody's who is at it. */
const leftBehindSeconds = 60;

export function createPurgeQueue({ supervisor, log, toManager }: PurgeSettings): PurgeQueue {
  const waiting = new Map<string, Waiting>();
  const running = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let sweeps: NodeJS.Timeout | undefined;
  /** Requests of our own, and those of others at the last look. */
  let own = 0;
  let othersBefore = 0;
  /** Looks in a row before which nothing else was asked for. */
  let quietLooks = 0;
  let closing = false;
  let emptied = (): void => undefined;

  const wake = (): void => {
    if (timer !== undefined || waiting.size === 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      const others = supervisor.asked() - own;
      // Between two requests of one call, or two calls of one loop, nothing is being asked for either.
      quietLooks = others === othersBefore && supervisor.isIdle(running.size) ? quietLooks + 1 : 0;
      othersBefore = others;
      turn();
    }, quietMs);
    timer.unref();
  };

  const turn = (): void => {
    const now = performance.now();
    const isIdle = quietLooks >= enoughQuietLooks && supervisor.isIdle(running.size);
    const most = isIdle || closing ? atOnce.idle : atOnce.busy;
    const impatient = closing || isIdle || waiting.size > longQueue;
    for (const [imageId, { since, notBefore, tries }] of waiting) {
      if (running.size >= most) break;
      if (now < notBefore || (!impatient && now - since < patienceMs)) continue;
      waiting.delete(imageId);
      running.add(imageId);
      void purge(imageId, tries + 1).then(() => {
        running.delete(imageId);
        if (waiting.size === 0 && running.size === 0) emptied();
        turn();
      });
    }
    wake();
  };

  const purge = async (imageId: string, tries: number): Promise<void> => {
    own += 1;
    try {
      await supervisor.request(callerFor(purgeWithinMs), "purge", { imageId }, { changes: true, atMostMs: purgeWithinMs });
    } catch (thrown) {
      if (failedWith(thrown, errno.ENOENT)) return;
      log.debug(`purge of image ${imageId}: ${String(thrown)}`);
      if (tries >= mostTries) await handOver(imageId);
      else waiting.set(imageId, { since: performance.now(), notBefore: performance.now() + againAfterMs, tries });
    }
  };

  const handOver = async (imageId: string): Promise<void> => {
    own += 1;
    try {
      await toManager(callerFor(managerWithinMs), imageId);
    } catch (thrown) {
      if (failedWith(thrown, errno.ENOENT)) return;
      log.warn(`image ${imageId} stays in the trash until the next setup: ${String(thrown)}`);
    }
  };

  const add = (imageId: string): void => {
    if (running.has(imageId) || waiting.has(imageId)) return;
    const now = performance.now();
    waiting.set(imageId, { since: now, notBefore: now, tries: 0 });
    wake();
  };

  const sweep = async (): Promise<void> => {
    const question = { key: doomedKey, olderThanSeconds: leftBehindSeconds };
    own += 1;
    try {
      for (const imageId of await supervisor.request(callerFor(managerWithinMs), "dueInTrash", question, { changes: false })) add(imageId);
    } catch (thrown) {
      log.debug(`the trash was not looked through: ${String(thrown)}`);
    }
  };

  return {
    add,
    sweep: () => {
      sweeps ??= setInterval(() => void sweep(), sweepEveryMs).unref();
      void sweep();
    },
    drain: async (atMostMs) => {
      clearInterval(sweeps);
      if (waiting.size === 0 && running.size === 0) return;
      closing = true;
      const empty = new Promise<void>((resolve) => (emptied = resolve));
      let late: NodeJS.Timeout | undefined;
      const over = new Promise<void>((resolve) => (late = setTimeout(resolve, atMostMs)));
      turn();
      await Promise.race([empty, over]);
      clearTimeout(late);
      clearTimeout(timer);
      // Waits for all of them together no longer than for the rest.
      const left = Promise.all([...waiting.keys(), ...running].map(handOver));
      let tooLate: NodeJS.Timeout | undefined;
      await Promise.race([left, new Promise<void>((resolve) => (tooLate = setTimeout(resolve, atMostMs)))]);
      clearTimeout(tooLate);
    },
  };
}

/** Background work has no caller: it is bounded by time alone. */
function callerFor(withinMs: number): Caller {
  const until = performance.now() + withinMs;
  const { signal } = new AbortController();
  return { changed: false, ctx: { signal, remainingMs: () => Math.max(0, until - performance.now()) } };
}
