/** Settles with the work, or fails with the signal's reason when that fires first. The work itself goes on. */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      const reason: unknown = signal.reason;
      reject(reason instanceof Error ? reason : new Error(String(reason)));
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Settles with the work, or fails after `timeoutMs` saying that it took too long. */
export async function within<Value>(work: Promise<Value>, timeoutMs: number, what: string): Promise<Value> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error(`${what} did not end within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await untilAborted(work, limit.signal);
  } finally {
    clearTimeout(timer);
  }
}
