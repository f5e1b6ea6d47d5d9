import {
  errorFromJSON,
  type CreateVolumeRequest,
  type DeleteVolumeRequest,
  type GetVolumeRequest,
  type ListVolumesRequest,
  type Page,
  type Volume,
} from "@opensds/core";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { BackendsTarget } from "../target/target.js";
import type { CallLog } from "./call-log.js";
import type { MadeVolumes } from "./made-volumes.js";
import { isAnswer, isVolume, isVolumePage, type ParentMessage, type WorkerCall } from "./worker-protocol.js";

/** Another process that has the same target open and set up. */
export interface TestWorker {
  readonly pid: number;
  /** `createVolume` in that process. */
  createVolume(request: CreateVolumeRequest): Promise<Volume>;
  /** `getVolume` in that process. */
  getVolume(request: GetVolumeRequest): Promise<Volume>;
  /** `deleteVolume` in that process. */
  deleteVolume(request: DeleteVolumeRequest): Promise<void>;
  /** One page of `listVolumes` in that process. */
  listPage(request: ListVolumesRequest): Promise<Page<Volume>>;
}

/** What a worker is started with. */
export interface WorkerSettings {
  readonly script: string;
  readonly target: BackendsTarget;
  readonly by: string;
  readonly log: CallLog;
  readonly made: MadeVolumes;
  readonly signal: AbortSignal;
  /** Milliseconds for each call in the worker. */
  readonly callTimeoutMs: number;
}

/** A worker and what ends it. */
export interface StartedWorker {
  readonly worker: TestWorker;
  stop(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Starts a process, opens the target in it and sets it up. */
export async function startWorker(settings: WorkerSettings): Promise<StartedWorker> {
  const { by, log, made, signal, callTimeoutMs } = settings;
  signal.throwIfAborted();
  const child = fork(settings.script, [], { execArgv: loaderArguments(), stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const channel = openChannel(child, by);
  const stop = (): Promise<void> => stopChild(child);
  const onAbort = (): void => {
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", onAbort, { once: true });
  child.once("exit", () => signal.removeEventListener("abort", onAbort));

  let lastId = 0;
  const call = (message: WorkerCall): Promise<unknown> =>
    log.record(by, message.operation, message.request, () => {
      lastId += 1;
      return channel.send({ type: "call", id: lastId, call: message, timeoutMs: callTimeoutMs }, lastId);
    });

  try {
    await log.record(by, "setup", undefined, () =>
      channel.send({ type: "open", target: settings.target, timeoutMs: callTimeoutMs }, 0),
    );
  } catch (error) {
    await stop();
    throw error;
  }

  const worker: TestWorker = {
    pid: child.pid ?? -1,
    createVolume: async (request) => {
      made.creating(request);
      const volume = expectShape(await call({ operation: "createVolume", request }), isVolume, by);
      made.created(volume);
      return volume;
    },
    getVolume: async (request) => expectShape(await call({ operation: "getVolume", request }), isVolume, by),
    deleteVolume: async (request) => {
      await call({ operation: "deleteVolume", request });
      made.deleted(request);
    },
    listPage: async (request) => expectShape(await call({ operation: "listPage", request }), isVolumePage, by),
  };
  return { worker, stop };
}

/**
 * Node's own arguments, where they name a loader: what loads here then loads there. Without one a condition that leads to
 * source files (a test framework sets it and loads them itself) would only lead astray.
 */
function loaderArguments(): string[] {
  const hasLoader = process.execArgv.some((argument) => /^(--import|--loader|--experimental-loader)(=|$)/.test(argument));
  return hasLoader ? process.execArgv.filter((argument) => !argument.startsWith("--inspect")) : [];
}

function expectShape<Shape>(value: unknown, is: (value: unknown) => value is Shape, by: string): Shape {
  if (is(value)) return value;
  throw new Error(`${by} answered with something else than the operation's result: ${JSON.stringify(value)}`);
}

interface Channel {
  send(message: ParentMessage, id: number): Promise<unknown>;
}

/** Matches answers to questions; the end of the process answers all that are open. */
function openChannel(child: ChildProcess, by: string): Channel {
  const waiting = new Map<number, Waiting>();
  let stderr = "";
  let ended: Error | undefined;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-2_000);
  });
  const end = (error: Error): void => {
    ended ??= error;
    for (const question of waiting.values()) question.reject(ended);
    waiting.clear();
  };
  child.on("message", (message) => {
    if (!isAnswer(message)) return;
    const question = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.ok) question?.resolve(message.value);
    else question?.reject(errorFromJSON(message.error));
  });
  child.once("error", (error) => end(new Error(`${by} could not be started: ${error.message}`)));
  child.once("exit", (code, exitSignal) => {
    const said = stderr.trim() === "" ? "" : `; it said: ${stderr.trim()}`;
    end(new Error(`${by} ended with ${exitSignal ?? `exit code ${code ?? "unknown"}`}${said}`));
  });
  return {
    send: (message, id) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        waiting.set(id, { resolve, reject });
        child.send(message, (error) => {
          if (error === null) return;
          waiting.delete(id);
          reject(new Error(`${by} could not be reached: ${error.message}`));
        });
      }),
  };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
