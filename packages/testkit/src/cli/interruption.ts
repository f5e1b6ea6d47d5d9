/** Milliseconds within which a second signal is the first one again: a terminal tells all processes of a command, and npx then passes it on. */
const sameMs = 1_000;

/** Fired by Ctrl-C and by who else ends this process; the second time is meant, and ends it as it is. `beginning` is called the first time. */
export function interruption(beginning: () => void): AbortController {
  const interrupted = new AbortController();
  let firstMs = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!interrupted.signal.aborted) {
        firstMs = performance.now();
        beginning();
        interrupted.abort();
      } else if (performance.now() - firstMs > sameMs) process.exit(130);
    });
  }
  return interrupted;
}
