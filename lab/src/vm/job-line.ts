import { type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { LabError } from "../errors.js";

/** The serial line to the guest's agent: words go out, and each answer is waited for by its word. */
export interface JobLine {
  /** Throws when the machine has ended. */
  check(): void;
  send(line: string): void;
  /** Resolves when the guest says this word; rejects when the machine ends before, or when it takes too long. */
  answer(word: string, timeoutMs: number): Promise<void>;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** @param whyEnded makes the error for everybody who waits when the machine ends */
export function openJobLine(child: ChildProcess, whyEnded: () => Error): JobLine {
  const waiting = new Map<string, Waiter>();
  let ended: Error | undefined;
  const end = (error: Error): void => {
    ended ??= error;
    for (const waiter of waiting.values()) waiter.reject(ended);
    waiting.clear();
  };
  child.on("exit", () => end(whyEnded()));
  child.on("error", (error) => end(new LabError(`The virtual machine could not be started: ${error.message}`)));
  // A machine that has just ended takes no more; its end is told by the event above.
  child.stdin?.on("error", () => undefined);
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const word = line.trim();
      waiting.get(word)?.resolve();
      waiting.delete(word);
    });
  }
  return {
    check: () => {
      if (ended !== undefined) throw ended;
    },
    send: (line) => void child.stdin?.write(`${line}\n`),
    answer: (word, timeoutMs) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        const timer = setTimeout(() => {
          waiting.delete(word);
          reject(new LabError(`The virtual machine did not answer "${word}" within ${timeoutMs / 1000} s.`));
        }, timeoutMs);
        waiting.set(word, {
          resolve: () => {
            clearTimeout(timer);
            resolve();
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        });
      }),
  };
}
