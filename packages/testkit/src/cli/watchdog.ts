import { Worker } from "node:worker_threads";

/** Runs beside the main thread and ends the process when that has not moved for too long. */
const program = `
const { workerData } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const { beat, limitMs, message } = workerData;
let seen = -1;
let sinceMs = Date.now();
setInterval(() => {
  const now = Atomics.load(beat, 0);
  if (now !== seen) { seen = now; sinceMs = Date.now(); }
  if (Date.now() - sinceMs < limitMs) return;
  writeSync(2, message);
  process.kill(process.pid, "SIGKILL");
}, Math.min(1000, limitMs / 4));
`;

/**
 * Ends this process with a message when its main thread stands still for `limitMs`: a driver that computes for ever cannot be
 * interrupted from within. Returns what stops the watch.
 */
export function startWatchdog(limitMs: number, message: string): () => void {
  const beat = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(program, { eval: true, workerData: { beat, limitMs, message: `${message}\n` } });
  worker.unref();
  const timer = setInterval(() => Atomics.add(beat, 0, 1), Math.min(500, limitMs / 8));
  timer.unref();
  return () => {
    clearInterval(timer);
    void worker.terminate();
  };
}
