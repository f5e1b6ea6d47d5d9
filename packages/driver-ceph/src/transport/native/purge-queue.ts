import type { Logger } from "@opensds/core";
import { CommandFailure, errno, failedWith } from "../command-failure.js";
import { doomedKey } from "../rados.js";
import type { Caller, Supervisor } from "./supervisor.js";

/**
 * Purges images in the background. What is queued lies in the trash with its mark: whatever happens to this process, any dock's next
 * `setup`, or a replay of the delete, goes on with it.
 */
export interface PurgeQueue {
  add(imageId: string): void;
  /** Queues what docks that are gone have left in the trash, now and from time to time. */
  sweep(): void;
  /** Waits until all is purged, at most so long. */
  drain(atMostMs: number): Promise<void>;
}

export interface PurgeSettings {
  readonly supervisor: Supervisor;
  readonly log: Logger;
  /** Hands an image to the cluster's manager, which goes on by itself. */
  readonly toManager: (caller: Caller, imageId: string) => Promise<void>;
}

const atOnce = 2;
/** Purging waits for a moment without other work, for at most so long. */
const patienceMs = 2_000;
const quietMs = 20;
/** A purge of a full image deletes its objects one by one. */
const purgeWithinMs = 600_000;
const managerWithinMs = 30_000;
const sweepEveryMs = 600_000;
/** Younger entries in the trash are somebody's who is at it. */
const leftBehindSeconds = 60;

export function createPurgeQueue({ supervisor, log, toManager }: PurgeSettings): PurgeQueue {
  const queued = new Map<string, number>();
  const running = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const drained: (() => void)[] = [];
  let sweeps: NodeJS.Timeout | undefined;
  let hurry = false;

  const wake = (): void => {
    if (timer !== undefined || queued.size === 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      turn();
    }, quietMs);
    timer.unref();
  };

  const turn = (): void => {
    const now = performance.now();
    for (const [imageId, since] of queued) {
      if (running.size >= atOnce) return;
      if (!hurry && now - since < patienceMs && !supervisor.isIdle()) break;
      queued.delete(imageId);
      running.add(imageId);
      void purge(imageId).then(() => {
        running.delete(imageId);
        if (queued.size === 0 && running.size === 0) for (const done of drained.splice(0)) done();
        if (hurry) turn();
      });
    }
    wake();
  };

  const purge = async (imageId: string): Promise<void> => {
    try {
      await supervisor.request(callerFor(purgeWithinMs), "purge", { imageId }, { changes: true, atMostMs: purgeWithinMs });
    } catch (thrown) {
      if (failedWith(thrown, errno.ENOENT)) return;
      log.debug(`purge of image ${imageId}: ${String(thrown)}; the manager goes on with it`);
      if (!(thrown instanceof CommandFailure)) return;
      await toManager(callerFor(managerWithinMs), imageId).catch((failure: unknown) => {
        log.warn(`image ${imageId} stays in the trash until the next setup: ${String(failure)}`);
      });
    }
  };

  const add = (imageId: string): void => {
    if (running.has(imageId) || queued.has(imageId)) return;
    queued.set(imageId, performance.now());
    wake();
  };

  const sweep = async (): Promise<void> => {
    const question = { key: doomedKey, olderThanSeconds: leftBehindSeconds };
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
      if (queued.size === 0 && running.size === 0) return;
      hurry = true;
      const all = new Promise<void>((resolve) => drained.push(resolve));
      turn();
      let late: NodeJS.Timeout | undefined;
      await Promise.race([all, new Promise<void>((resolve) => (late = setTimeout(resolve, atMostMs)))]);
      clearTimeout(late);
    },
  };
}

/** Background work has no caller: it is bounded by time alone. */
function callerFor(withinMs: number): Caller {
  const until = performance.now() + withinMs;
  const { signal } = new AbortController();
  return { changed: false, ctx: { signal, remainingMs: () => Math.max(0, until - performance.now()) } };
}
