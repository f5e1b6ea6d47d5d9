import type { Call } from "../call.js";
import { orAborted } from "../or-aborted.js";
import { keys, layoutVersion, metadataFilter } from "../records/records.js";
import type { CinderVolume } from "../transport/shapes.js";
import type { Volumes } from "../transport/volumes.js";

/** What Cinder is at work on in volumes that are waited for. */
export type Work = "creating" | "deleting";

/** One wait for one volume. */
export interface Watch {
  /** The volume as it is now; undefined when it is not there. */
  look(call: Call): Promise<CinderVolume | undefined>;
  end(): void;
}

/** Looks after volumes that Cinder is at work on. */
export type Looks = (work: Work, id: string) => Watch;

/** So many waits are looked after one by one; more of them by one list. */
const few = 4;

type Rows = ReadonlyMap<string, CinderVolume>;

/**
 * Where many volumes are waited for, one list of those that Cinder is at work on serves all: what is in it is read, and only what has left it
 * is asked for by itself. Nobody is given a list that was begun before he asked.
 */
export function createLooks(volumes: Pick<Volumes, "get" | "page">, timeoutMs: number): Looks {
  const waits: Record<Work, number> = { creating: 0, deleting: 0 };
  const list = async (call: Call, work: Work): Promise<Rows> => {
    // Others wait for it too, so no single caller's end ends it.
    const own: Call = { changed: false, ctx: { ...call.ctx, signal: AbortSignal.timeout(timeoutMs), remainingMs: () => timeoutMs } };
    const rows = await volumes.page(own, { status: work, metadata: metadataFilter({ [keys.version]: String(layoutVersion) }), limit: 1000 });
    return new Map((rows ?? []).map((row) => [row.id, row]));
  };
  const lists = { creating: shared((call: Call) => list(call, "creating")), deleting: shared((call: Call) => list(call, "deleting")) };
  return (work, id) => {
    waits[work] += 1;
    return {
      look: async (call) => {
        const row = waits[work] > few ? (await orAborted(lists[work](call), call.ctx.signal)).get(id) : undefined;
        return row ?? volumes.get(call, id);
      },
      end: () => {
        waits[work] -= 1;
      },
    };
  };
}

/** Has one piece of work at a time done for everybody who asked before it began. */
function shared<Asked, Value>(work: (asked: Asked) => Promise<Value>): (asked: Asked) => Promise<Value> {
  let running: Promise<Value> | undefined;
  let next: Promise<Value> | undefined;
  const begin = (asked: Asked): Promise<Value> => {
    next = undefined;
    const begun = work(asked).finally(() => {
      if (running === begun) running = undefined;
    });
    running = begun;
    // Whoever waits for it hears of its failure; perhaps nobody waits any more.
    begun.catch(() => undefined);
    return begun;
  };
  return (asked) => {
    if (next !== undefined) return next;
    if (running === undefined) return begin(asked);
    const begun = (): Promise<Value> => begin(asked);
    next = running.then(begun, begun);
    next.catch(() => undefined);
    return next;
  };
}
