import { facetNames, type CallOptions, type Listing, type Page, type Volume, type VolumeDriver } from "@opensds/core";
import type { CallLog } from "./call-log.js";
import type { Journal } from "./journal.js";
import type { MadeVolumes } from "./made-volumes.js";

/** What a recorded driver reports to, and what ends its calls. */
export interface Recording {
  readonly by: string;
  readonly log: CallLog;
  readonly made: MadeVolumes;
  readonly signal: AbortSignal;
  /** Learns of what a killed run would leave and nobody could tell by its name. */
  readonly journal: Journal;
}

/** A driver that records each call, notes what it made, and ends its calls when the check's time is up. */
export function recordDriver(driver: VolumeDriver, recording: Recording): VolumeDriver {
  const { by, log, made, signal, journal } = recording;
  const limited = (options: CallOptions | undefined): CallOptions => ({
    ...options,
    signal: options?.signal === undefined ? signal : AbortSignal.any([options.signal, signal]),
  });
  const call = <Value>(operation: string, request: unknown, run: () => Promise<Value>): Promise<Value> => {
    signal.throwIfAborted();
    return log.record(by, operation, request, run);
  };

  const recorded: VolumeDriver = {
    get backend() {
      return driver.backend;
    },
    get kind() {
      return driver.kind;
    },
    get manifest() {
      return driver.manifest;
    },
    setup: (options) => call("setup", undefined, () => driver.setup(limited(options))),
    unset: (options) => call("unset", undefined, () => driver.unset(limited(options))),
    createVolume: async (request, options) => {
      const volume = await call("createVolume", request, () => {
        made.creating(request);
        return driver.createVolume(request, limited(options));
      });
      made.created(volume);
      return volume;
    },
    getVolume: (request, options) => call("getVolume", request, () => driver.getVolume(request, limited(options))),
    listVolumes: (request, options) =>
      recordListing(driver.listVolumes(request, limited(options)), (run) => call("listVolumes page", request, run)),
    deleteVolume: async (request, options) => {
      await call("deleteVolume", request, () => driver.deleteVolume(request, limited(options)));
      made.deleted(request);
    },
    attachVolume: (request, options) => call("attachVolume", request, () => driver.attachVolume(request, limited(options))),
    detachVolume: (record, options) => call("detachVolume", record, () => driver.detachVolume(record, limited(options))),
    mountVolume: (request, options) => call("mountVolume", request, () => driver.mountVolume(request, limited(options))),
    unmountVolume: (record, options) => call("unmountVolume", record, () => driver.unmountVolume(record, limited(options))),
    connectVolume: (request, options) => call("connectVolume", request, () => driver.connectVolume(request, limited(options))),
    disconnectVolume: (request, options) =>
      call("disconnectVolume", request, () => driver.disconnectVolume(request, limited(options))),
    listAttachments: (request, options) =>
      call("listAttachments", request, () => driver.listAttachments(request, limited(options))),
    listMounts: (request, options) => call("listMounts", request, () => driver.listMounts(request, limited(options))),
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
  const facets = facetNames.map((name) => [name, { get: () => recordFacet(name, driver[name], { by, log, journal }), enumerable: true }] as const);
  return Object.defineProperties(recorded, Object.fromEntries(facets));
}

/** Records the calls of a facet's methods; lists and streams are passed on as they are. */
function recordFacet<Facet extends object>(
  name: string,
  facet: Facet | undefined,
  { by, log, journal }: Pick<Recording, "by" | "log" | "journal">,
): Facet | undefined {
  if (facet === undefined) return undefined;
  return new Proxy(facet, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown => {
        noteFacetCall(journal, `${name}.${String(key)}`, args[0]);
        const result: unknown = Reflect.apply(member, target, args);
        return result instanceof Promise ? log.record(by, `${name}.${String(key)}`, args[0], () => result) : result;
      };
    },
  });
}

/** Notes what leaves something that no list shows by its name. */
function noteFacetCall(journal: Journal, operation: string, request: unknown): void {
  if (typeof request !== "object" || request === null) return;
  if (operation === "fencing.fenceHost" && "hostId" in request) journal.note("host", String(request.hostId));
  if (operation === "groups.createGroupSnapshot" && "groupId" in request && "name" in request) journal.note("group-snapshot", `${String(request.groupId)} ${String(request.name)}`);
}

/** Records each page as a call of its own. */
function recordListing(
  listing: Listing<Volume>,
  record: (run: () => Promise<IteratorResult<Page<Volume>, unknown>>) => Promise<IteratorResult<Page<Volume>, unknown>>,
): Listing<Volume> {
  async function* pages(): AsyncGenerator<Page<Volume>, void, void> {
    const iterator = listing.pages()[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await record(() => iterator.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  async function* items(): AsyncGenerator<Volume, void, void> {
    for await (const page of pages()) yield* page.items;
  }
  return { pages, [Symbol.asyncIterator]: items };
}
