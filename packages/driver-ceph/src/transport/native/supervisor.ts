import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../../reason-of.js";
import { CommandFailure, errno } from "../command-failure.js";
import { withLockWait } from "../lock-wait.js";
import { startChild, threads, type Child } from "./child-process.js";
import type { ChildEntry } from "./find-child.js";
import { ConnectFailure, failureFrom, NativeUnavailable } from "./native-failures.js";
import { createOpenedFacts, type OpenedFacts } from "./opened-facts.js";
import { waitForAnswer, type Caller, type Pending, type RequestHooks, type RequestOptions, type Work } from "./pending-request.js";
import { isReplyTo, protocolVersion, type FailureWire, type FromChild, type OpenSettings, type OperationName, type Operations } from "./protocol.js";

/** The child that works for one backend: started when it is needed, replaced when it hangs or dies. */
export interface Supervisor extends Omit<OpenedFacts, "note"> {
  /**
   * Asks the child. Fails with `CommandFailure`, or with the reason of the call's signal. A child that dies is replaced and asked
   * again: every operation is conditional or the same when done twice. A change that is not answered in time ends the child before
   * this fails, so that it can do nothing late.
   */
  readonly request: <Op extends OperationName>(
    caller: Caller,
    op: Op,
    args: Operations[Op]["args"],
    options: RequestOptions,
  ) => Promise<Operations[Op]["result"]>;
  /** Connects. Fails with `NativeUnavailable` where that is not possible on this machine. */
  readonly open: (caller: Caller) => Promise<void>;
  /** Whether no more is being asked than so many requests. */
  readonly isIdle: (but: number) => boolean;
  /** How many requests there have been. */
  readonly asked: () => number;
  readonly close: () => Promise<void>;
}

/** A request that three children died of is what they died of. */
const mostLost = 3;
const startWithinMs = 30_000;
/** Reads that nobody waits for any more hold threads until librados gives up: with so many the child is replaced. */
const mostAbandoned = threads / 2;

export function createSupervisor(entry: ChildEntry, execPath: string | undefined, settings: OpenSettings, commandTimeoutMs: number): Supervisor {
  const pending = new Map<number, Pending>();
  const facts = createOpenedFacts();
  let child: Child | undefined;
  let opened = false;
  /** It was told to end: nothing more is sent to it. */
  let ending = false;
  let closed = false;
  let unavailable: NativeUnavailable | undefined;
  let numbers = 0;
  let abandoned = 0;
  let failedStarts = 0;
  let ended: Promise<void> = Promise.resolve();
  /** Requests that only wait for the child to be open. */
  const openWaiters = new Map<number, Pending>();

  const failAll = (error: unknown): void => {
    for (const one of [...pending.values(), ...openWaiters.values()]) one.fail(error);
  };
  const hold = (): void => child?.hold(pending.size + openWaiters.size > 0 || closed);
  const flush = (): void => {
    if (child === undefined || !opened || ending) {
      if (child === undefined && pending.size + openWaiters.size > 0) start();
      return;
    }
    for (const one of openWaiters.values()) one.send(child);
    for (const one of pending.values()) {
      if (one.at !== undefined) continue;
      one.at = child;
      one.send(child);
    }
  };

  const endChild = (which: Child): void => {
    if (child === which) ending = true;
    which.kill();
  };

  const start = (): void => {
    if (closed) return;
    opened = false;
    ending = false;
    abandoned = 0;
    let finish = (): void => undefined;
    ended = new Promise((resolve) => {
      finish = resolve;
    });
    const slow = setTimeout(() => endChild(mine), startWithinMs);
    slow.unref();
    const mine: Child = startChild(entry, execPath, {
      message: (message) => {
        if (message.type === "opened" || message.type === "not-opened") clearTimeout(slow);
        hear(mine, message);
      },
      ended: (why) => {
        clearTimeout(slow);
        finish();
        lose(mine, why);
      },
    });
    child = mine;
    hold();
  };

  const hear = (from: Child, message: FromChild): void => {
    switch (message.type) {
      case "ready":
        if (message.version === protocolVersion) from.send({ type: "open", settings });
        else giveUp(`the child speaks version ${message.version} and this driver ${protocolVersion}: two versions of @opensds/driver-ceph are mixed`);
        return;
      case "unavailable":
        giveUp(message.why);
        return;
      case "opened":
        opened = true;
        facts.note(message);
        failedStarts = 0;
        flush();
        return;
      case "not-opened":
        failAll(new ConnectFailure(message.failure, message.keyrings));
        endChild(from);
        return;
      case "failed":
        failed(from, message.number, message.failure);
        return;
      case "reply": {
        const one = pending.get(message.number);
        if (one === undefined) abandoned = Math.max(0, abandoned - 1);
        else one.answer(message);
      }
    }
  };

  const failed = (from: Child, number: number, failure: FailureWire): void => {
    const one = pending.get(number);
    if (one === undefined) {
      abandoned = Math.max(0, abandoned - 1);
      return;
    }
    // librados gave up waiting and the OSD did not: the change may still be made as long as the connection lives.
    if (one.changes && failure.errno === errno.ETIMEDOUT) {
      one.failure = failureFrom(failure);
      endChild(from);
    } else if (failure.errno === errno.ESHUTDOWN) {
      // The cluster has shut this client out, and no other call of it will get anywhere either.
      endChild(from);
    } else {
      one.fail(failureFrom(failure));
      // Rights are part of a ticket that lasts an hour: the next request asks for a new one.
      if ((failure.errno === errno.EPERM || failure.errno === errno.EACCES) && pending.size === 0) endChild(from);
    }
  };

  const giveUp = (why: string): void => {
    unavailable = new NativeUnavailable(why);
    failAll(unavailable);
    if (child !== undefined) endChild(child);
  };

  /** The child has gone: what it was ended for fails, the rest is asked again. */
  const lose = (from: Child, why: string | undefined): void => {
    if (child !== from) return;
    child = undefined;
    const wasOpen = opened;
    opened = false;
    if (why !== undefined) giveUp(`the child cannot be started: ${why}`);
    const words = from.lastWords();
    for (const one of pending.values()) {
      if (one.at !== from) continue;
      one.at = undefined;
      one.lost += 1;
      if (one.failure !== undefined) one.fail(one.failure);
      else if (one.lost >= mostLost) one.fail(new CommandFailure("librados", undefined, `the native child died ${one.lost} times during this${words === "" ? "" : `: ${words}`}`));
    }
    if (!wasOpen) failedStarts += 1;
    if (failedStarts >= mostLost) {
      failAll(new CommandFailure("librados", undefined, `the native child ends before it works${words === "" ? "" : `: ${words}`}`));
      failedStarts = 0;
    }
    if (closed || pending.size + openWaiters.size === 0) return;
    if (wasOpen) start();
    else void sleep(100 * failedStarts, undefined, { ref: true }).then(() => flush());
  };

  const hooks: RequestHooks = {
    changed: () => hold(),
    added: () => {
      hold();
      flush();
    },
    endChild,
    abandon: (which) => {
      if ((abandoned += 1) >= mostAbandoned) endChild(which);
    },
  };

  const submit = <Value>(
    { ctx }: Caller,
    { changes, mayWaitForLock = false, atMostMs }: RequestOptions,
    what: string,
    waiting: Map<number, Pending>,
    work: Work<Value>,
  ): Promise<Value> => {
    // Never thrown from here: what was asked beside it would be left without anybody who hears how it ends.
    if (ctx.signal.aborted) return Promise.reject(reasonOf(ctx.signal));
    if (unavailable !== undefined) return Promise.reject(unavailable);
    if (closed) return Promise.reject(new CommandFailure(what, undefined, "the driver is closed"));
    const usualMs = mayWaitForLock ? withLockWait(commandTimeoutMs) : commandTimeoutMs;
    const bounds = { signal: ctx.signal, leftMs: ctx.remainingMs(), ownMs: atMostMs ?? usualMs };
    return waitForAnswer({ what, changes, number: (numbers += 1), bounds, waiting, work, hooks });
  };

  return {
    request: (caller, op, args, options) =>
      submit(caller, options, op, pending, ({ number }, resolve: (value: Operations[typeof op]["result"]) => void) => ({
        send: (to) => {
          if (options.changes) caller.changed = true;
          to.send({ type: "request", number, op, args });
        },
        answer: (reply) => {
          if (isReplyTo(op, reply)) resolve(reply.result);
          else pending.get(number)?.fail(new Error(`the child answered ${reply.op} to ${op}`));
        },
      })),
    open: (caller) =>
      submit<undefined>(caller, { changes: false }, "rados_connect", openWaiters, (_, resolve) => ({
        send: () => resolve(undefined),
        answer: () => undefined,
      })),
    isIdle: (but) => pending.size <= but,
    asked: () => numbers,
    isOwn: facts.isOwn,
    keyrings: facts.keyrings,
    versions: facts.versions,
    close: async () => {
      closed = true;
      failAll(new CommandFailure("librados", undefined, "the driver was closed"));
      hold();
      child?.kill();
      await ended;
    },
  };
}
