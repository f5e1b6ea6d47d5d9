/**
 * The least that work gets which may wait for an image's lock. Who died with it is believed to hold it until an OSD forgets the client, 30 s after its
 * last sign of life (`osd_client_watch_timeout`); then librbd takes the lock away, which is a few more requests. The cluster answers all the while, so
 * that the limit of one request says nothing of this wait; and who is killed while it waits is one more client to be forgotten.
 */
const lockWaitMs = 45_000;

/** The limit of work that may wait for an image's lock, where other work has `usualMs`. */
export const withLockWait = (usualMs: number): number => Math.max(usualMs, lockWaitMs);
