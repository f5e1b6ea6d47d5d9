import { LabError } from "./errors.js";

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** What is waited for, for the error; a function is asked at the end, so that it can say how far things got. */
  readonly what: string | (() => string);
}

export async function waitUntil(condition: () => boolean | Promise<boolean>, options: WaitOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      const what = typeof options.what === "string" ? options.what : options.what();
      throw new LabError(`Waited ${options.timeoutMs / 1000} s in vain: ${what}`);
    }
    await sleep(options.everyMs ?? 50);
  }
}
