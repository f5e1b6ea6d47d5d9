import type { AccessMode } from "@opensds/core";
import fc from "fast-check";

/** What a caller is to do; which id it means is settled when its turn comes. */
export type Command =
  | { readonly do: "create"; readonly name: string; readonly units: number; readonly exact: boolean }
  | { readonly do: "get" | "get-by-id" | "delete" | "attachments"; readonly name: string; readonly back: number }
  | { readonly do: "connect"; readonly name: string; readonly back: number; readonly host: string; readonly mode: AccessMode }
  | { readonly do: "disconnect"; readonly name: string; readonly back: number }
  | { readonly do: "list"; readonly pageSize: number };

/** One command and who is to carry it out. */
export interface Step {
  readonly caller: number;
  readonly command: Command;
}

/** What sequences are made of. */
export interface SequenceShape {
  readonly callers: number;
  /** The fewest and the most commands in a sequence before it is shrunk. */
  readonly lengths: readonly [number, number];
  /** Whether volumes can be attached. */
  readonly connects: boolean;
}

/** The names that callers fight for. */
export const names = ["a", "b", "c"] as const;
const hosts = ["host-1", "host-2", "host-3"] as const;

/** Mostly the newest id that is known of a name; sometimes an older one, of a volume that may be gone. */
const back = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 2 }) });
const name = fc.constantFrom(...names);
const named = (kind: "get" | "get-by-id" | "delete" | "attachments") => fc.record({ do: fc.constant(kind), name, back });

const creating = fc.record({ do: fc.constant("create"), name, units: fc.integer({ min: 1, max: 2 }), exact: fc.boolean() });
const listing = fc.record({ do: fc.constant("list"), pageSize: fc.integer({ min: 1, max: 4 }) });
const mode = fc.constantFrom("single-writer", "multi-reader", "multi-writer");
const connecting = fc.record({ do: fc.constant("connect"), name, back, host: fc.constantFrom(...hosts), mode });
const disconnecting = fc.record({ do: fc.constant("disconnect"), name, back });

function commands(connects: boolean): fc.Arbitrary<Command> {
  const volumes = [
    { weight: 6, arbitrary: creating },
    { weight: 3, arbitrary: named("get") },
    { weight: 1, arbitrary: named("get-by-id") },
    { weight: 5, arbitrary: named("delete") },
    { weight: 2, arbitrary: listing },
  ];
  const attachments = [
    { weight: 4, arbitrary: connecting },
    { weight: 4, arbitrary: disconnecting },
    { weight: 2, arbitrary: named("attachments") },
  ];
  return fc.oneof(...volumes, ...(connects ? attachments : []));
}

/**
 * Sequences of commands. Shrinking first makes a sequence as short as `lengths` allows and then drops one command after the other,
 * which leaves `null` in its place.
 */
export function sequences({ callers, lengths: [minLength, maxLength], connects }: SequenceShape): fc.Arbitrary<readonly (Step | null)[]> {
  const step = fc.record({ caller: fc.nat({ max: callers - 1 }), command: commands(connects) });
  return fc.array(fc.option(step, { freq: 1_000_000 }), { minLength, maxLength, size: "max" });
}
