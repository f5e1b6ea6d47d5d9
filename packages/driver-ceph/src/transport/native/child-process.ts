import { fork } from "node:child_process";
import { Socket } from "node:net";
import type { ChildEntry } from "./find-child.js";
import type { FromChild, ToChild } from "./protocol.js";

/** One child, from its start to its end. */
export interface Child {
  send(message: ToChild): void;
  /** Ends it at once; `ended` tells when it has gone. */
  kill(): void;
  /** Whether the parent's event loop is to wait for it. */
  hold(held: boolean): void;
  /** What it said last on its standard error. */
  lastWords(): string;
}

/** What is told of a child. */
export interface ChildEvents {
  message(message: FromChild): void;
  /** It has gone, or could not be started: then with the reason. Told once. */
  ended(why?: string): void;
}

/**
 * Threads for native calls. Each call that waits for the cluster holds one; the parent's own pool is not touched.
 */
export const threads = 64;
const lastWordsLength = 2_000;
/**
 * A page of a list lives until it is sent, longer than a young heap of the usual size lets it: it would be copied about meanwhile, at 2 to 5 % of the
 * list's time. A heap that is not needed is not taken.
 */
const nodeOptions = "--max-semi-space-size=64";

/** What the child's environment takes over: what Ceph's libraries read, and what a process needs. Nothing else is its business. */
const inherited = /^(PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|LD_LIBRARY_PATH|CEPH_[A-Z_]+|SystemRoot)$/;

export function startChild(entry: ChildEntry, execPath: string | undefined, events: ChildEvents): Child {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => inherited.test(name)));
  const child = fork(entry.path, [], {
    ...(execPath !== undefined && { execPath }),
    execArgv: [...entry.execArgv],
    env: { ...environment, UV_THREADPOOL_SIZE: String(threads), NODE_OPTIONS: nodeOptions },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let words = "";
  let told = false;
  const end = (why?: string): void => {
    if (told) return;
    told = true;
    events.ended(why);
  };
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-lastWordsLength);
  });
  child.on("message", (message: FromChild) => {
    if (!told) events.message(message);
  });
  child.once("error", (error) => {
    if (child.pid === undefined) end(error.message);
  });
  child.once("exit", () => end());
  // A child that closes its side can answer no more: it goes too.
  child.once("disconnect", () => child.kill("SIGKILL"));

  return {
    send: (message) => {
      // A child that is gone is told of by its exit.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => void child.kill("SIGKILL"),
    hold: (held) => {
      const change = held ? "ref" : "unref";
      child[change]();
      child.channel?.[change]();
      if (child.stderr instanceof Socket) child.stderr[change]();
    },
    lastWords: () => words.trim().split("\n").at(-1)?.slice(0, 500) ?? "",
  };
}
