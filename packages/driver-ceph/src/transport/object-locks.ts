import type { Call } from "../call.js";
import type { RunCommand } from "./command.js";
import { errno, failedWith, unless } from "./command-failure.js";
import { decodeJson, lockShape } from "./decode.js";

/** One holder of a lock: a client of the cluster, and what it wrote when it took the lock. */
export interface Locker {
  /** The client's entity, such as `client.4123`; every process has its own. */
  readonly entity: string;
  readonly cookie: string;
  readonly description: string;
}

/** A lock with at least one holder. */
export interface Lock {
  readonly exclusive: boolean;
  readonly tag: string;
  readonly lockers: readonly Locker[];
}

/** What to take a lock with. */
export interface LockRequest {
  readonly exclusive: boolean;
  readonly tag: string;
  readonly cookie: string;
  readonly description: string;
}

/** The locks on any object, by the object's name. Fails with `CommandFailure`. */
export interface ObjectLocks {
  /** Takes the lock where it is free; false when it is held. An object that does not exist is created. */
  take(call: Call, object: string, lock: string, request: LockRequest): Promise<boolean>;
  /** Undefined where nobody holds it, or there is no such object. */
  read(call: Call, object: string, lock: string): Promise<Lock | undefined>;
  /** Removes this holder and no other; not there is success. */
  break(call: Call, object: string, lock: string, locker: Locker): Promise<void>;
}

/** Makes the door to the locks in one pool and namespace. */
export function createObjectLocks(run: RunCommand, where: readonly string[]): ObjectLocks {
  const command = (call: Call, words: readonly string[], args: readonly string[], changes: boolean): Promise<string> =>
    run(call, { tool: "rados", words, args: [...args, ...where], changes });
  return {
    take: async (call, object, lock, { exclusive, tag, cookie, description }) => {
      const form = [`--lock-type=${exclusive ? "exclusive" : "shared"}`, `--lock-tag=${tag}`, `--lock-cookie=${cookie}`];
      try {
        await command(call, ["lock", "get"], [object, lock, ...form, `--lock-description=${description}`], true);
        return true;
      } catch (thrown) {
        if (failedWith(thrown, errno.EBUSY, errno.EEXIST)) return false;
        throw thrown;
      }
    },
    read: async (call, object, lock) => {
      const text = await unless([errno.ENOENT], command(call, ["lock", "info"], [object, lock, "--format=json"], false));
      if (text === undefined) return undefined;
      const { type, tag, lockers } = decodeJson("rados lock info", text, lockShape);
      if (lockers.length === 0) return undefined;
      return {
        exclusive: type === "exclusive",
        tag,
        lockers: lockers.map(({ name, cookie, description }) => ({ entity: name, cookie, description })),
      };
    },
    break: async (call, object, lock, { entity, cookie }) => {
      await unless([errno.ENOENT], command(call, ["lock", "break"], [object, lock, entity, `--lock-cookie=${cookie}`], true));
    },
  };
}
