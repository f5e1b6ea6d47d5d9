import { hideSecrets, showsSecret } from "../report/hide-secrets.js";

/** Keeps secrets out of what this process prints. */
export interface WatchedOutput {
  /** How many writes showed a secret: a driver's, since the command's own texts have none. */
  leaks(): number;
  restore(): void;
}

/** Masks secrets in everything that is written to standard output and standard error from now on, by whomever. */
export function watchOutput(secrets: readonly string[]): WatchedOutput {
  if (secrets.length === 0) return { leaks: () => 0, restore: () => undefined };
  let leaks = 0;
  const mask = (chunk: unknown): unknown => {
    const text = typeof chunk === "string" ? chunk : chunk instanceof Uint8Array ? Buffer.from(chunk).toString("utf8") : undefined;
    if (text === undefined || !showsSecret(text, secrets)) return chunk;
    leaks += 1;
    return hideSecrets(text, secrets);
  };
  const restores = [process.stdout, process.stderr].map((stream) => {
    const write: unknown = Reflect.get(stream, "write");
    if (typeof write !== "function") return () => undefined;
    Reflect.set(stream, "write", (chunk: unknown, ...rest: readonly unknown[]): unknown => {
      const written: unknown = Reflect.apply(write, stream, [mask(chunk), ...rest]);
      return written;
    });
    return () => void Reflect.set(stream, "write", write);
  });
  return {
    leaks: () => leaks,
    restore: () => {
      for (const restore of restores) restore();
    },
  };
}
