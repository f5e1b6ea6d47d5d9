import type { Objects } from "../../src/transport/native/child/objects/object-ops.js";
import type { PartAnswer } from "../../src/transport/native/child/objects/object-reads.js";

type Bytes = Readonly<Record<string, Buffer>>;

/** What objects hold, and the answers of the methods of their object classes; nothing where not told. */
export interface FakeContent {
  readonly methods?: Bytes;
  readonly omap?: Bytes;
  readonly attributes?: Bytes;
  /** The objects that there are, and their bytes; where it is left out every object is there, and empty. */
  readonly present?: Bytes;
}

/** Objects with this content, whose writes fail with these error numbers in turn; 0 where none is left. */
export function fakeObjects({ methods = {}, omap = {}, attributes = {}, present }: FakeContent, failures: Readonly<Record<string, readonly number[]>> = {}) {
  /** What each operation was made of. */
  const asked: (readonly string[])[] = [];
  /** What each write changed, and how. */
  const written: { readonly object: string; readonly parts: readonly string[] }[] = [];
  const left = new Map(Object.entries(failures).map(([what, numbers]) => [what, [...numbers]]));
  const nothing: PartAnswer = { errno: 0, bytes: Buffer.alloc(0) };
  const objects: Objects = {
    read: () => {
      const parts: string[] = [];
      let bytes = nothing;
      return {
        exec: (objectClass, method) => {
          const name = `${objectClass}.${method}`;
          parts.push(name);
          return () => ({ errno: 0, bytes: methods[name] ?? Buffer.alloc(0) });
        },
        keys: (keys) => {
          parts.push(`omap ${keys.join(" ")}`);
          return () => new Map(keys.flatMap((key) => (omap[key] === undefined ? [] : [[key, omap[key]] as const])));
        },
        attributes: () => {
          parts.push("attributes");
          return () => Object.entries(attributes);
        },
        range: (after, prefix) => () => {
          const pairs = Object.entries(omap).filter(([key]) => key > after && key.startsWith(prefix));
          return { pairs, more: false };
        },
        bytes: () => () => bytes,
        run: (object) => {
          asked.push(parts);
          bytes = { errno: 0, bytes: present?.[object] ?? nothing.bytes };
          return Promise.resolve(present === undefined || object in present ? 0 : 2);
        },
      };
    },
    write: () => {
      const parts: string[] = [];
      const note = (part: string) => () => void parts.push(part);
      return {
        assertExists: note("assertExists"),
        exec: (objectClass, method) => void parts.push(`${objectClass}.${method}`),
        setKey: note("setKey"),
        assertNoKey: note("assertNoKey"),
        assertKey: note("assertKey"),
        assertBytes: note("assertBytes"),
        create: note("create"),
        content: note("content"),
        remove: note("remove"),
        run: (object) => {
          asked.push(parts);
          written.push({ object, parts });
          return Promise.resolve(parts.map((part) => left.get(part)?.shift() ?? 0).find((failed) => failed !== 0) ?? 0);
        },
      };
    },
    notify: () => Promise.resolve(nothing),
  };
  return { objects, asked, written };
}

/** Operations that end when they are told to. */
export function fakeOperations(onYield?: () => void) {
  const ended = new Set<bigint>();
  const waiting = new Map<bigint, (result: number) => void>();
  let looks = 0;
  const waitedFor: bigint[] = [];
  const numberOf = (argument: unknown): bigint => {
    if (typeof argument === "bigint") return argument;
    throw new Error("no completion");
  };
  const isComplete = (...[completion]: readonly unknown[]): number => {
    looks += 1;
    return ended.has(numberOf(completion)) ? 1 : 0;
  };
  const wait = (...[completion]: readonly unknown[]): Promise<number> =>
    new Promise((resolve) => {
      waitedFor.push(numberOf(completion));
      if (ended.has(numberOf(completion))) resolve(0);
      else waiting.set(numberOf(completion), resolve);
    });
  const notHere = (): never => {
    throw new Error("not to be called");
  };
  return {
    /** Called between two looks. */
    yieldProcessor: () => onYield?.(),
    rados: { isComplete: Object.assign(isComplete, { async: notHere }), wait: Object.assign(notHere, { async: wait }) },
    end: (completion: bigint) => {
      ended.add(completion);
      waiting.get(completion)?.(0);
    },
    looks: () => looks,
    /** What threads were given to wait for. */
    waitedFor,
  };
}
