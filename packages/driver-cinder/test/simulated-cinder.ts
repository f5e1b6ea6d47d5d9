import { SouthboundError, type CallContext } from "@opensds/core";
import type { CinderConfig } from "../src/config.js";
import type { Project } from "../src/project.js";
import { keys } from "../src/records/records.js";
import { createGroups } from "../src/transport/groups.js";
import { createSnapshots } from "../src/transport/snapshots.js";
import { HttpFailure } from "../src/transport/failure.js";
import type { CinderAttachment, CinderVolume } from "../src/transport/shapes.js";
import type { Volumes } from "../src/transport/volumes.js";
import { fateOf, writtenFate } from "../src/volumes/fate.js";
import { createLooks } from "../src/volumes/looks.js";
import { Turns, type Turn } from "./turns.js";

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
  /** Cinder loses the order to make a volume. */
  readonly lose: number;
  /** It does not delete what it was told to. */
  readonly stay: number;
  /** In a step, somebody who knows nothing of this driver deletes a volume. */
  readonly meddle: number;
}

/** Who made what was there before. */
export const ghost = "ghost";

/** Who deletes volumes without knowing anything of this driver. */
export const outsider = "outsider";

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
  /** Which process asked for a volume. */
  readonly makers = new Map<string, string>();
  /** Every word about a volume's fate that was written over another. */
  readonly undone: string[] = [];
  readonly #turns: Turns;
  readonly #asked = new Map<string, CinderVolume["metadata"]>();
  readonly #lost = new Set<string>();
  readonly #broken = new Set<string>();
  readonly #random: (below: number) => number;
  readonly #faults: Faults;
  #ids = 0;
  #steps = 0;

  constructor(random: (below: number) => number, faults: Faults) {
    this.#random = random;
    this.#faults = faults;
    this.#turns = new Turns(random);
  }

  /** Lets one thing happen: a waiting request, or something that Cinder does by itself. False: nothing is left to do. */
  step(): boolean {
    this.#meddle();
    const busy = [...this.rows.values()].filter(({ id, status }) =>
      status === "creating" ? !this.#lost.has(id) : status === "deleting" || (status === "available" && this.#happens("breaks")),
    );
    if (this.#turns.count + busy.length === 0) return false;
    this.#steps += 1;
    const turn = this.#turns.next(this.#steps, busy.length);
    this.nowMs += 10;
    if (turn !== undefined) this.#run(turn);
    else {
      const row = busy[this.#random(busy.length)];
      if (row !== undefined && (row.status === "available" || !this.#happens("late"))) this.#goOn(row);
    }
    return true;
  }

  /** Puts down what a process left that died before the history begins. */
  plant(row: Pick<CinderVolume, "status" | "metadata">, instance: string | undefined): void {
    const planted = this.#insert("one", 1, row.metadata, ghost);
    const { id } = planted;
    this.rows.set(id, { ...planted, status: instance === undefined ? row.status : "reserved" });
    if (instance !== undefined) this.#attach(id, instance);
  }

  /** What is kept and nobody is deleting. */
  kept(): readonly CinderVolume[] {
    return [...this.rows.values()].filter((row) => row.status !== "deleting" && fateOf(row) === "kept");
  }

  #meddle(): void {
    if (!this.#happens("meddle")) return;
    const free = [...this.rows.values()].filter(({ status }) => status === "available" || status === "error");
    const row = free[this.#random(free.length)];
    if (row !== undefined) this.#delete(row, outsider);
  }

  #delete(row: CinderVolume, by: string): void {
    this.removed.push({ id: row.id, by });
    if (row.status === "error") this.#broken.add(row.id);
    this.rows.set(row.id, { ...row, status: "deleting" });
  }

  #happens = (fault: keyof Faults): boolean => this.#random(100) < this.#faults[fault];

  /** What Cinder does with a volume by itself. */
  #goOn(row: CinderVolume): void {
    const { id, status } = row;
    // Only what has been used can be busy.
    if (status === "deleting" && this.#happens("stay")) this.rows.set(id, { ...row, status: writtenFate(row) === "kept" && !this.#broken.has(id) ? "available" : "error_deleting" });
    else if (status === "deleting") this.rows.delete(id);
    else if (status === "available" || this.#happens("error")) this.rows.set(id, { ...row, status: "error" });
    // A driver that did this to what was given up as lost would have the volume twice: nothing can be written on it that would stay.
    else if (this.#happens("erase") && row.metadata[keys.lost] === undefined) this.rows.set(id, { ...row, status: "available", metadata: { ...this.#asked.get(id) } });
    else this.rows.set(id, { ...row, status: "available" });
  }

  #run(turn: Turn): void {
    this.nowMs += turn.kind === "rest" ? 60 : 15;
    // Killed with its request on the way: that takes effect all the same, now or later.
    if (turn.kind === "request" && !this.dead.has(turn.process) && turn.process !== "last" && this.#happens("die")) {
      this.dead.add(turn.process);
      if (this.#random(2) === 0) {
        this.#turns.add({ ...turn, due: this.#steps + this.#random(100) });
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
      this.#turns.add({ process, kind, run, due: this.#steps + (this.#happens("stop") ? this.#random(150) : 0) });
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

  #insert(name: string, size: number, metadata: CinderVolume["metadata"], maker: string): CinderVolume {
    // In no order that has to do with the order in which they were made.
    const id = `${String(this.#random(1_000_000)).padStart(8, "0")}-0000-4000-8000-${String((this.#ids += 1)).padStart(12, "0")}`;
    const created = new Date(Math.floor(this.nowMs / 1_000) * 1_000).toISOString().replace("Z", "");
    const row: CinderVolume = { id, name, size, status: "creating", created_at: created, metadata: { ...metadata }, multiattach: false, encrypted: false };
    this.rows.set(id, row);
    this.#asked.set(id, metadata);
    this.makers.set(id, maker);
    if (this.#happens("lose")) this.#lost.add(id);
    return row;
  }

  #attach(id: string, instance: string | undefined): CinderAttachment {
    const attachment: CinderAttachment = { id: `a${(this.#ids += 1)}`, status: "reserved", volume_id: id, instance };
    this.#attachments.set(attachment.id, attachment);
    return attachment;
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
    return {
      create: (_, { name, size, metadata }) => request(() => this.#insert(name, size, metadata, process)),
      get: (_, id) => request(() => this.rows.get(id)),
      page: () => request(() => [...this.rows.values()]),
      remove: (_, id) =>
        request(() => {
          const row = this.rows.get(id);
          if (row === undefined) return false;
          if (row.status !== "available" && row.status !== "error") return refuse(`it is ${row.status}`);
          this.#delete(row, process);
          return true;
        }),
      addMetadata: (_, id, metadata) =>
        request(() => {
          const [before, after] = [this.rows.get(id)?.metadata[keys.fate], metadata[keys.fate]];
          if (before !== undefined && after !== undefined && before !== after) this.undone.push(`${process} wrote ${after} over ${before} on ${id}`);
          return change(id, { metadata: { ...this.rows.get(id)?.metadata, ...metadata } });
        }),
      reserve: (_, id, { instance }) =>
        request(() => {
          if (this.rows.get(id)?.status !== "available") return refuse("it is not available");
          change(id, { status: "reserved" });
          return this.#attach(id, instance);
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
