import { subscribe } from "node:diagnostics_channel";

/** The points of a call at which a process can be killed, in a worker. */
export interface CrashPoints {
  /** The driver, or core's host half, is about to do something that it marked with `ctx.step`. Never returns when this is the point. */
  mark(operation: string, step: string): Promise<void>;
  /** The call has done its work, and its caller does not know yet. Never returns when this is the point. */
  answer(): Promise<void>;
  /** Counts from now on, and has the process die before the point of this number; 0: never. */
  dieAt(point: number): void;
  /** The points since then: `createVolume publish`, `process`, `request PUT`, `answer`. */
  seen(): readonly string[];
}

/** Where Node tells of calls to the outside, and what of one says which it is. Nothing of a request but its method: the rest may be secret. */
const outgoing: readonly (readonly [string, (message: object) => string])[] = [
  ["child_process", () => "process"],
  ["http.client.request.start", (message) => `request ${read(message, "request", "method")}`],
  ["undici:request:create", (message) => `request ${read(message, "request", "method")}`],
];

/** Begins to watch this process. */
export function watchCrashPoints(): CrashPoints {
  let points: string[] = [];
  let deadly = 0;
  let marked = false;
  const reach = (point: string): boolean => {
    points.push(point);
    if (points.length !== deadly) return false;
    process.kill(process.pid, "SIGKILL");
    return true;
  };
  const forEver = (): Promise<void> => new Promise<never>(() => undefined);
  for (const [channel, describe] of outgoing) {
    subscribe(channel, (message) => {
      // What follows its own mark is the same point.
      if (!marked && typeof message === "object" && message !== null) reach(describe(message));
      marked = false;
    });
  }
  return {
    mark: async (operation, step) => {
      marked = true;
      if (reach(`${operation} ${step}`)) await forEver();
    },
    answer: async () => {
      marked = false;
      if (reach(answerPoint)) await forEver();
    },
    dieAt: (point) => {
      points = [];
      deadly = point;
      marked = false;
    },
    seen: () => points,
  };
}

/** The point between a call's last effect and its answer. */
export const answerPoint = "answer";

/** Whether the driver or core marked the point, and Node did not merely see it. */
export const isMark = (point: string): boolean => point !== answerPoint && !/^(process$|request )/.test(point);

function read(message: object, ...keys: readonly string[]): string {
  let value: unknown = message;
  for (const key of keys) value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return typeof value === "string" ? value : "";
}
