import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Answer, Invocation, SeenVolume } from "../../../testkit/test/linearizability/history.js";
import type { Caller } from "../../../testkit/test/linearizability/run-sequence.js";
import type { TransportName } from "./lab.js";
import type { Asked, Told } from "./linearizability-worker.js";

/** Another process in which several callers drive the lab's backend, each with a driver of its own. */
export interface CallerProcess {
  readonly callers: readonly Caller[];
  stop(): Promise<void>;
}

const endsWithinMs = 30_000;

/** Starts the process; it has set everything up when this fulfils. */
export async function startCallers(namespace: string, count: number, transport: TransportName): Promise<CallerProcess> {
  const child = fork(fileURLToPath(new URL("linearizability-worker.ts", import.meta.url)), [namespace, String(count), transport], {
    execArgv: ["--conditions=@opensds/source", "--import", "tsx"],
  });
  const exited = once(child, "exit");
  const first: unknown = (await Promise.race([once(child, "message"), exited])).at(0);
  if (first !== "ready") throw new Error(`the worker did not start: ${String(first)}`);

  const waiting = new Map<number, { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }>();
  let number = 0;
  child.on("message", (told: Told) => {
    const waiter = waiting.get(told.number);
    waiting.delete(told.number);
    if ("answer" in told) waiter?.resolve(told.answer);
    else waiter?.reject(new Error(`in the worker: ${told.bug}`));
  });
  child.once("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("the worker has ended"));
  });

  const call = (caller: number, invocation: Invocation): Promise<Answer> =>
    new Promise((resolve, reject) => {
      number += 1;
      waiting.set(number, { resolve, reject });
      const asked: Asked = { number, caller, invocation };
      child.send(asked);
    });
  return {
    callers: Array.from({ length: count }, (_, caller) => (invocation: Invocation) => call(caller, invocation)),
    stop: async () => {
      const late = setTimeout(() => child.kill("SIGKILL"), endsWithinMs);
      if (child.connected) child.disconnect();
      await exited;
      clearTimeout(late);
    },
  };
}

/** Gives a sequence's names a prefix of their own in the backend, so that one sequence sees nothing of another. */
export function underPrefix(prefix: string, caller: Caller): Caller {
  const inside = (volume: SeenVolume): SeenVolume => ({ ...volume, name: volume.name.slice(prefix.length) });
  return async (invocation) => {
    const answer = await caller("name" in invocation ? { ...invocation, name: prefix + invocation.name } : invocation);
    if (answer.how === "volume") return { ...answer, volume: inside(answer.volume) };
    if (answer.how !== "volumes") return answer;
    return { ...answer, volumes: answer.volumes.filter(({ name }) => name.startsWith(prefix)).map(inside) };
  };
}
