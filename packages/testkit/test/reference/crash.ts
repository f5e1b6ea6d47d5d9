import type { Volume } from "@opensds/core";
import { beforeEach, expect, vi } from "vitest";
import { leaks, openDirectory, temporaryDirectory, type Client, type OpenOptions } from "./support.js";

/**
 * Halts a call for ever before its nth change: on the disk that is what SIGKILL leaves. Letting it go on later is a
 * process that slept.
 */
export class Halt {
  readonly reached: Promise<string>;
  #report: (step: string) => void = () => undefined;
  #resume: () => void = () => undefined;
  readonly #at: number;
  #steps = 0;

  constructor(at: number) {
    this.#at = at;
    this.reached = new Promise((resolve) => (this.#report = resolve));
  }
  readonly onStep = async (_operation: string, step: string): Promise<void> => {
    this.#steps += 1;
    if (this.#steps !== this.#at) return;
    this.#report(step);
    await new Promise<void>((resolve) => (this.#resume = resolve));
  };
  resume(): void {
    this.#resume();
  }
}

const maxSteps = 20;

/** Runs the call once for each of its steps, halted there; returns the steps. */
export async function atEachStep(
  prepare: (client: Client) => Promise<Volume | undefined>,
  call: (client: Client, volume: Volume | undefined) => Promise<unknown>,
  then: (state: { dir: string; other: Client; volume: Volume | undefined; halt: Halt; halted: Promise<unknown> }) => Promise<void>,
  options: OpenOptions = {},
): Promise<string[]> {
  const steps: string[] = [];
  for (let at = 1; at <= maxSteps; at += 1) {
    const dir = await temporaryDirectory();
    const other = await openDirectory(dir, options);
    const volume = await prepare(other);
    const halt = new Halt(at);
    const halted = call(await openDirectory(dir, { ...options, onStep: halt.onStep }), volume);
    const settled = halted.then(
      () => undefined,
      () => undefined,
    );
    const step = await Promise.race([halt.reached, settled]);
    if (step === undefined) return steps;
    steps.push(step);
    await then({ dir, other, volume, halt, halted });
  }
  throw new Error("the call has more steps than expected");
}

/** The halted calls live in this process: it counts as dead, so that sweeps take their work away. */
export function countAsDead(): void {
  beforeEach(() => {
    const kill = vi.spyOn(process, "kill").mockImplementation(() => {
      throw Object.assign(new Error("no such process"), { code: "ESRCH" });
    });
    return () => kill.mockRestore();
  });
}

export const mustHave = (volume: Volume | undefined): Volume => {
  if (volume === undefined) throw new Error("no volume was prepared");
  return volume;
};

/** A new process sets up on the directory; nothing may be left over after that. */
export async function expectClean(dir: string, trash = false): Promise<Client> {
  const client = await openDirectory(dir, { trash });
  expect(await leaks(dir)).toEqual([]);
  return client;
}
