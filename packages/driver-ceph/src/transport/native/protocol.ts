import type { ImageGlance } from "../images.js";
import type { Lock, LockRequest } from "../rados.js";
import type { PlacedForm } from "../rbd-making.js";
import type { ImageForm, ImageInfo } from "../rbd.js";

/** What the child must know before it can work. Paths only: a key never crosses. */
export interface OpenSettings {
  readonly conf: string;
  readonly user: string;
  readonly keyring?: string | undefined;
  readonly pool: string;
  readonly namespace: string;
  readonly dataPool?: string | undefined;
  /** The most seconds that librados waits for a monitor or an OSD. */
  readonly timeoutSeconds: number;
}

/** A look at an image as it crosses: a map does not. */
export interface LookWire<Info> {
  readonly info: Info & { readonly name: string };
  readonly cells: readonly (readonly [cell: string, lock: Lock])[];
}

export interface PageWire<Info> {
  readonly views: readonly LookWire<Info>[];
  readonly next: string | null;
}

/** Which part of RBD's directory. */
export interface PageArgs {
  readonly prefixes: readonly string[];
  readonly after: string;
  readonly limit: number;
}

/** Which cells to look at. */
export interface OfCells {
  readonly cells: readonly string[];
}

type WholeInfo = Omit<ImageInfo, "name">;
type GlanceInfo = Omit<ImageGlance["info"], "name">;

/** An image in the trash; times in seconds of the epoch. One that need not be kept is kept until it was deleted. */
export interface TrashEntry {
  readonly id: string;
  readonly name: string;
  readonly deletedAtSeconds: number;
  readonly keptUntilSeconds: number;
}

interface OfImage {
  readonly imageId: string;
}
interface OfName {
  readonly imageName: string;
}
interface OfLock extends OfImage {
  readonly lock: string;
}

/** Everything that the child can be asked for, with what it answers. `null` is "there is none". */
export interface Operations {
  lookByName: { readonly args: OfName & OfCells; readonly result: LookWire<WholeInfo> | null };
  /** `listed`: only an image that RBD's directory has, under the name that it has there. */
  lookById: { readonly args: OfImage & OfCells & { readonly listed: boolean }; readonly result: LookWire<WholeInfo> | null };
  lookPage: { readonly args: PageArgs & OfCells; readonly result: PageWire<WholeInfo> };
  glanceByName: { readonly args: OfName & OfCells; readonly result: LookWire<GlanceInfo> | null };
  glanceById: { readonly args: OfImage & OfCells & { readonly listed: boolean }; readonly result: LookWire<GlanceInfo> | null };
  glancePage: { readonly args: PageArgs & OfCells; readonly result: PageWire<GlanceInfo> };
  takeLock: { readonly args: OfLock & { readonly request: LockRequest }; readonly result: boolean };
  readLocks: { readonly args: OfImage & { readonly locks: readonly string[] }; readonly result: readonly (readonly [lock: string, held: Lock])[] };
  lockNames: { readonly args: OfImage; readonly result: readonly string[] };
  breakLock: { readonly args: OfLock & { readonly entity: string; readonly cookie: string }; readonly result: null };
  directoryIdOf: { readonly args: OfName; readonly result: string | null };
  directoryNameOf: { readonly args: OfImage; readonly result: string | null };
  hasObjectMap: { readonly args: OfImage; readonly result: boolean };
  markDoomed: { readonly args: OfImage & { readonly key: string }; readonly result: null };
  isDoomed: { readonly args: OfImage & { readonly key: string }; readonly result: boolean };
  dropJunkHeader: { readonly args: OfImage; readonly result: null };
  probeWrite: { readonly args: null; readonly result: null };
  create: { readonly args: OfName & { readonly form: ImageForm }; readonly result: null };
  /** With the image's id it is not opened where nobody watches it. */
  watchers: { readonly args: OfName & { readonly imageId: string | null }; readonly result: readonly string[] };
  usedBytes: { readonly args: OfName; readonly result: number };
  /** Makes an image; the id of the one that then has the name, or null where it had gone before that was read. */
  createNamed: { readonly args: OfName & { readonly form: PlacedForm }; readonly result: string | null };
  /** Takes a lock only on an image of this size. */
  takeSized: { readonly args: OfLock & { readonly sizeBytes: number; readonly request: LockRequest }; readonly result: boolean };
  list: { readonly args: null; readonly result: readonly string[] };
  /** `unlistedAs`: moves it also where only this name's object leads to it. */
  moveToTrash: { readonly args: OfImage & { readonly unlistedAs: string | null }; readonly result: null };
  /** False when the image is whole by now. */
  dropHalfMade: { readonly args: OfImage; readonly result: boolean };
  restoreName: { readonly args: OfImage & OfName; readonly result: null };
  purge: { readonly args: OfImage; readonly result: null };
  trash: { readonly args: null; readonly result: readonly TrashEntry[] };
  /** The ids of images that have been in the trash for longer than this and bear the mark. */
  dueInTrash: { readonly args: { readonly key: string; readonly olderThanSeconds: number }; readonly result: readonly string[] };
  namespaces: { readonly args: null; readonly result: readonly string[] };
  /** A command to the monitors or the manager, and what it printed. */
  command: { readonly args: { readonly to: "mon" | "mgr"; readonly words: Readonly<Record<string, string>> }; readonly result: string };
}

export type OperationName = keyof Operations;

/** How a native call failed: as `CommandFailure` tells it. */
export interface FailureWire {
  readonly what: string;
  readonly errno?: number | undefined;
  readonly detail: string;
}

export interface RequestOf<Op extends OperationName> {
  readonly type: "request";
  readonly number: number;
  readonly op: Op;
  readonly args: Operations[Op]["args"];
}

export interface ReplyOf<Op extends OperationName> {
  readonly type: "reply";
  readonly number: number;
  readonly op: Op;
  readonly result: Operations[Op]["result"];
}

/** What the parent sends. The first message opens. */
export type ToChild = { readonly type: "open"; readonly settings: OpenSettings } | RequestOf<OperationName>;

/** What the child sends. */
export type FromChild =
  | { readonly type: "ready"; readonly version: string }
  /** The native libraries cannot be loaded here. */
  | { readonly type: "unavailable"; readonly why: string }
  | { readonly type: "opened"; readonly address: string; readonly librados: string; readonly librbd: string; readonly keyrings: readonly string[] }
  | { readonly type: "not-opened"; readonly failure: FailureWire; readonly keyrings: readonly string[] }
  | { readonly type: "failed"; readonly number: number; readonly failure: FailureWire }
  | ReplyOf<OperationName>;

/** Whether a reply is to this operation; both sides are of one build. */
export const isReplyTo = <Op extends OperationName>(op: Op, reply: ReplyOf<OperationName>): reply is ReplyOf<Op> => reply.op === op;

/** Parent and child of two builds do not understand each other: a child of another version is refused. */
export const protocolVersion = "5";
