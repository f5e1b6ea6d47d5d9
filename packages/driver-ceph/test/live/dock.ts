import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { errorFromJSON, type ErrorWire } from "@opensds/core";
import type { CephOptions } from "@opensds/driver-ceph";
import type { TransportName } from "./lab.js";
import type { Job } from "./worker.js";

/** How a job in another process ended. */
export type Ended =
  | { readonly how: "returned"; readonly value: unknown }
  | { readonly how: "failed"; readonly error: Error }
  | { readonly how: "killed" };

/** Another process with the driver in it. */
export interface Dock {
  readonly pid: number;
  run(job: Omit<Job, "number">): Promise<Ended>;
  /** Lets it close its backends, where it still can. */
  stop(): Promise<void>;
}

type Answer = { readonly number: number } & ({ readonly value: unknown } | { readonly error: ErrorWire });

/**
 * Starts a process that has set the lab's backend up in a namespace.
 * @param options `unsetAtEnd: false`: at its end it closes nothing, and goes for want of work. `ceph`: further options of the backend
 */
export async function startDock(
  namespace: string,
  transport: TransportName,
  options: { readonly unsetAtEnd?: boolean; readonly ceph?: Partial<CephOptions> } = {},
): Promise<Dock> {
  const child = fork(fileURLToPath(new URL("worker.ts", import.meta.url)), [namespace, transport, JSON.stringify(options.ceph ?? {})], {
    execArgv: ["--conditions=@opensds/source", "--import", "tsx"],
  });
  const exited = new Promise<readonly unknown[]>((resolve) => child.once("exit", (...how) => resolve(how)));
  const first: unknown = (await Promise.race([once(child, "message"), exited])).at(0);
  if (first !== "ready") throw new Error(`the worker did not start: ${String(first)}`);
  let number = 0;
  const run = (job: Omit<Job, "number">): Promise<Ended> => {
    number += 1;
    const mine = number;
    return new Promise((resolve) => {
      const hear = (answer: Answer): void => {
        if (answer.number !== mine) return;
        child.off("message", hear);
        resolve("error" in answer ? { how: "failed", error: errorFromJSON(answer.error) } : { how: "returned", value: answer.value });
      };
      child.on("message", hear);
      void exited.then(() => resolve({ how: "killed" }));
      // One that has just been killed is told of by its exit.
      child.send({ ...job, number: mine }, () => undefined);
    });
  };
  return {
    pid: child.pid ?? 0,
    run,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
        await run({ method: "end", of: options.unsetAtEnd === false ? "leave" : "unset" });
        clearTimeout(late);
      }
      await exited;
    },
  };
}
