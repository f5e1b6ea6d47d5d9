import {
  errorFromJSON,
  type AttachmentRecord,
  type AttachVolumeRequest,
  type ConnectVolumeRequest,
  type CreateVolumeRequest,
  type DeleteVolumeRequest,
  type DisconnectVolumeRequest,
  type GetVolumeRequest,
  type ListVolumesRequest,
  type MountRecord,
  type MountVolumeRequest,
  type Page,
  type Volume,
} from "@opensds/core";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { BackendsTarget } from "../target/target.js";
import type { CallLog } from "./call-log.js";
import type { MadeVolumes } from "./made-volumes.js";
import { isAnswer, isAttachmentRecord, isMountRecord, isTexts, isVolume, isVolumePage, type ParentMessage, type WorkerCall } from "./worker-protocol.js";

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
  /** `attachVolume` in that process. */
  attachVolume(request: AttachVolumeRequest): Promise<AttachmentRecord>;
  /** `detachVolume` in that process. */
  detachVolume(record: AttachmentRecord): Promise<void>;
  /** `mountVolume` in that process. */
  mountVolume(request: MountVolumeRequest): Promise<MountRecord>;
  /** `unmountVolume` in that process. */
  unmountVolume(record: MountRecord): Promise<void>;
  /** `connectVolume` in that process; the connection comes as the text that `exportConnection` makes of it. */
  connectExported(request: ConnectVolumeRequest): Promise<string>;
  /** `disconnectVolume` in that process. */
  disconnectVolume(request: DisconnectVolumeRequest): Promise<void>;
  /** Any operation in that process, a facet's as `snapshots.createSnapshot`; its result as JSON brings it. */
  call(operation: string, request: unknown): Promise<unknown>;
  /** Counts the points at which a call may be killed from now on, and has the process die by SIGKILL at the one of this number; 0: never. */
  dieAtStep(step: number): Promise<void>;
  /** The points since then: marks as `createVolume publish`, outgoing calls as `process`, and `answer`. */
  steps(): Promise<readonly string[]>;
  /** Closes the driver there; resolves to what it left in the process. */
  close(): Promise<readonly string[]>;
  /** Ends the process with SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
}

/** How a worker is started. */
export interface WorkerOptions {
  /** Default true. */
  readonly setup?: boolean | undefined;
  /** In a network of its own, from which nothing can be reached: Linux, as root. Default false. */
  readonly cutOff?: boolean | undefined;
  /** Milliseconds for each call in it. Default: the check's time limit. */
  readonly callTimeoutMs?: number | undefined;
}

/** What a worker is started with. */
export interface WorkerSettings extends WorkerOptions {
  readonly script: string;
  readonly target: BackendsTarget;
  readonly by: string;
  readonly log: CallLog;
  readonly made: MadeVolumes;
  readonly signal: AbortSignal;
  readonly callTimeoutMs: number;
}

/** A worker and what ends it. */
export interface StartedWorker {
  readonly worker: TestWorker;
  stop(): Promise<void>;
}

type AboutWorker = { readonly type: "die-at"; readonly step: number } | { readonly type: "steps" } | { readonly type: "close" };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Starts a process, opens the target in it and sets it up. */
export async function startWorker(settings: WorkerSettings): Promise<StartedWorker> {
  const { by, log, made, signal, callTimeoutMs, setup = true, cutOff = false } = settings;
  signal.throwIfAborted();
  const node = cutOff ? { execPath: "unshare", execArgv: ["--net", process.execPath, ...loaderArguments()] } : { execArgv: loaderArguments() };
  const child = fork(settings.script, [], { ...node, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const channel = openChannel(child, by);
  const stop = (): Promise<void> => stopChild(child);
  const onAbort = (): void => {
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", onAbort, { once: true });
  child.once("exit", () => signal.removeEventListener("abort", onAbort));

  let lastId = 0;
  const call = (message: WorkerCall, keep?: (value: unknown) => void): Promise<unknown> =>
    log.record(by, message.operation, message.request, async () => {
      lastId += 1;
      const value = await channel.send({ type: "call", id: lastId, call: message, timeoutMs: callTimeoutMs }, lastId);
      if (keep === undefined) return value;
      keep(value);
      return undefined;
    });
  const ask = (message: AboutWorker): Promise<unknown> => {
    lastId += 1;
    return channel.send({ ...message, id: lastId }, lastId);
  };

  try {
    await log.record(by, setup ? "setup" : "open", undefined, () =>
      channel.send({ type: "open", target: settings.target, timeoutMs: callTimeoutMs, setup }, 0),
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
    attachVolume: async (request) => expectShape(await call({ operation: "attachVolume", request }), isAttachmentRecord, by),
    detachVolume: async (record) => {
      await call({ operation: "detachVolume", request: record });
    },
    mountVolume: async (request) => expectShape(await call({ operation: "mountVolume", request }), isMountRecord, by),
    unmountVolume: async (record) => {
      await call({ operation: "unmountVolume", request: record });
    },
    // The text holds secrets in the clear: the log gets to see that it came, and nothing of it.
    connectExported: async (request) => {
      let text: unknown;
      await call({ operation: "connectExported", request }, (value) => {
        text = value;
      });
      if (typeof text === "string") return text;
      throw new Error(`${by} answered with something else than an exported connection`);
    },
    disconnectVolume: async (request) => {
      await call({ operation: "disconnectVolume", request });
    },
    call: (operation, request) => {
      if (operation === "createVolume") made.creating(request);
      return call({ operation, request });
    },
    dieAtStep: async (step) => {
      await ask({ type: "die-at", step });
    },
    steps: async () => expectShape(await ask({ type: "steps" }), isTexts, by),
    close: () => log.record(by, "unset", undefined, async () => expectShape(await ask({ type: "close" }), isTexts, by)),
    kill: stop,
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
