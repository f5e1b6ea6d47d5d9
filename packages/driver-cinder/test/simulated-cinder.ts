import { SouthboundError, type CallContext } from "@opensds/core";
import type { CinderConfig } from "../src/config.js";
import type { Project } from "../src/project.js";
import { createGroups } from "../src/transport/groups.js";
import { createSnapshots } from "../src/transport/snapshots.js";
import { HttpFailure } from "../src/transport/failure.js";
import type { CinderAttachment, CinderVolume } from "../src/transport/shapes.js";
import type { Volumes } from "../src/transport/volumes.js";
import { createLooks } from "../src/volumes/looks.js";

/** The same numbers for the same seed. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    const once = Math.imul(state ^ (state >>> 15), state | 1);
    const twice = once ^ (once + Math.imul(once ^ (once >>> 7), once | 61));
    return Math.floor((((twice ^ (twice >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** What waits for its turn: a request of a process, with what it does to the cloud. */
interface Turn {
  readonly process: string;
  /** A rest lets time pass. */
  readonly kind: "request" | "rest";
  /** In which step its turn may come at the earliest. */
  readonly due: number;
  run(): void;
}

/** What goes wrong, each in so many of a hundred cases. */
export interface Faults {
  /** Cinder takes its time with a volume, or with a deletion. */
  readonly late: number;
  /** It cannot make one. */
  readonly error: number;
  /** One that was made breaks. */
  readonly breaks: number;
  /** Cinder's driver puts back the metadata that a volume was asked for with. */
  readonly erase: number;
  /** A process dies with its request on the way. */
  readonly die: number;
  /** A process stands still for a while. */
  readonly stop: number;
}

/**
 * A Cinder whose requests take effect one at a time, in an order that is drawn: what a process asks for happens when its turn comes, however
 * long that is, and also after the process has died. Time is counted in turns.
 */
export class SimulatedCinder {
  nowMs = 0;
  readonly rows = new Map<string, CinderVolume>();
  readonly dead = new Set<string>();
  /** Every volume that Cinder was told to delete, by which process. */
  readonly removed: { readonly id: string; readonly by: string }[] = [];
  readonly #attachments = new Map<string, CinderAttachment>();
  readonly #turns: Turn[] = [];
  readonly #asked = new Map<string, CinderVolume["metadata"]>();
  readonly #random: (below: number) => number;
  readonly #faults: Faults;
  #ids = 0;
  #steps = 0;

  constructor(random: (below: number) => number, faults: Faults) {
    this.#random = random;
    this.#faults = faults;
  }

  /** Lets one thing happen: a waiting request, or something that Cinder does by itself. False: nothing is left to do. */
  step(): boolean {
    const busy = [...this.rows.values()].filter(({ status }) => status === "creating" || status === "deleting" || (status === "available" && this.#happens("breaks")));
    if (this.#turns.length + busy.length === 0) return false;
    this.#steps += 1;
    const due = this.#turns.filter((turn) => turn.due <= this.#steps);
    const choice = this.#random(due.length + busy.length);
    const [turn, row] = [due[choice], busy[choice - due.length]];
    this.nowMs += 10;
    if (turn !== undefined) this.#run(turn);
    else if (row !== undefined && (row.status === "available" || !this.#happens("late"))) this.#goOn(row);
    return true;
  }

  #happens = (fault: keyof Faults): boolean => this.#random(100) < this.#faults[fault];

  /** What Cinder does with a volume by itself. */
  #goOn(row: CinderVolume): void {
    const { id, status } = row;
    if (status === "deleting") this.rows.delete(id);
    else if (status === "available" || this.#happens("error")) this.rows.set(id, { ...row, status: "error" });
    // A driver that did this to what was given up as lost would have the volume twice: nothing can be written on it that would stay.
    else if (this.#happens("erase") && row.metadata["opensds.lost"] === undefined) this.rows.set(id, { ...row, status: "available", metadata: { ...this.#asked.get(id) } });
    else this.rows.set(id, { ...row, status: "available" });
  }

  #run(turn: Turn): void {
    this.#turns.splice(this.#turns.indexOf(turn), 1);
    this.nowMs += turn.kind === "rest" ? 60 : 15;
    // Killed with its request on the way: that takes effect all the same, now or later.
    if (turn.kind === "request" && !this.dead.has(turn.process) && turn.process !== "last" && this.#happens("die")) {
      this.dead.add(turn.process);
      if (this.#random(2) === 0) {
        this.#turns.push({ ...turn, due: this.#steps + this.#random(100) });
        return;
      }
    }
    if (turn.kind === "request" || !this.dead.has(turn.process)) turn.run();
  }

  /** Does work when its turn comes. A dead process never hears of it. */
  wait<Value>(process: string, kind: Turn["kind"], work: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          const value = work();
          if (!this.dead.has(process)) resolve(value);
        } catch (thrown) {
          if (!this.dead.has(process)) reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      };
      this.#turns.push({ process, kind, run, due: this.#steps + (this.#happens("stop") ? this.#random(150) : 0) });
    });
  }

  projectOf(process: string, config: CinderConfig, paces: Project["paces"]): Project {
    const unused = (): never => {
      throw new Error("not simulated");
    };
    const volumes = this.#volumesOf(process, unused);
    const http = { exchange: unused, close: () => undefined };
    return {
      ...{ config, id: "p", name: "p", endpoint: "", microversion: 70, sharedByDefault: false, session: undefined, service: undefined },
      ...{ http, api: unused, volumes, snapshots: createSnapshots(unused), groups: createGroups(unused), looks: createLooks(volumes, 60_000), paces },
    };
  }

  contextOf(): CallContext<"createVolume"> {
    return {
      operation: "createVolume",
      signal: new AbortController().signal,
      remainingMs: () => 60_000,
      fail: (code, reason, message, info) => new SouthboundError(code, reason, message, info),
      step: () => Promise.resolve(),
      log: console,
    };
  }

  #volumesOf(process: string, unused: () => never): Volumes {
    const request = <Value>(work: () => Value): Promise<Value> => this.wait(process, "request", work);
    const refuse = (detail: string): never => {
      throw new HttpFailure({ request: "POST", status: 400, detail, sent: true });
    };
    const change = (id: string, over: Partial<CinderVolume>): boolean => {
      const row = this.rows.get(id);
      if (row !== undefined) this.rows.set(id, { ...row, ...over });
      return row !== undefined;
    };
    const create = (name: string, size: number, metadata: CinderVolume["metadata"]): CinderVolume => {
      // In no order that has to do with the order in which they were made.
      const id = `${String(this.#random(1_000_000)).padStart(8, "0")}-0000-4000-8000-${String((this.#ids += 1)).padStart(12, "0")}`;
      const created = new Date(Math.floor(this.nowMs / 1_000) * 1_000).toISOString().replace("Z", "");
      const row: CinderVolume = { id, name, size, status: "creating", created_at: created, metadata: { ...metadata }, multiattach: false };
      this.rows.set(id, row);
      this.#asked.set(id, metadata);
      return row;
    };
    return {
      create: (_, { name, size, metadata }) => request(() => create(name, size, metadata)),
      get: (_, id) => request(() => this.rows.get(id)),
      page: () => request(() => [...this.rows.values()]),
      remove: (_, id) =>
        request(() => {
          const row = this.rows.get(id);
          if (row === undefined) return false;
          if (row.status !== "available" && row.status !== "error") return refuse(`it is ${row.status}`);
          this.removed.push({ id, by: process });
          return change(id, { status: "deleting" });
        }),
      addMetadata: (_, id, metadata) => request(() => change(id, { metadata: { ...this.rows.get(id)?.metadata, ...metadata } })),
      reserve: (_, id, { instance }) =>
        request(() => {
          if (this.rows.get(id)?.status !== "available") return refuse("it is not available");
          change(id, { status: "reserved" });
          const attachment: CinderAttachment = { id: `a${(this.#ids += 1)}`, status: "reserved", volume_id: id, instance };
          this.#attachments.set(attachment.id, attachment);
          return attachment;
        }),
      attachments: (_, id) => request(() => [...this.#attachments.values()].filter((one) => one.volume_id === id)),
      detach: (_, attachmentId) =>
        request(() => {
          const id = this.#attachments.get(attachmentId)?.volume_id;
          this.#attachments.delete(attachmentId);
          if (id !== undefined && ![...this.#attachments.values()].some((one) => one.volume_id === id)) change(id, { status: "available" });
        }),
      messages: () => request(() => []),
      ...{ removeMetadata: unused, act: unused, allAttachments: unused, connect: unused, complete: unused },
    };
  }
}
