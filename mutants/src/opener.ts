import { openBackends } from "@opensds/core";
import type { OpenBackends } from "@opensds/testkit";
import { readFileSync } from "node:fs";
import { openerWith, type Difference } from "./apply.js";
import { cephMutants, referenceMutants } from "./corpus/index.js";
import { membersOf } from "./trace.js";

export { tracingOpener } from "./trace.js";

/** Which mutants: those of the reference driver, or those of the Ceph driver. */
export type MutantBase = "reference" | "ceph";

/** What one mutant opens with; and which members it changes, once a driver was opened and set up. Mutants go by numbers here. */
export interface OpenedMutant {
  readonly openBackends: OpenBackends;
  readonly changed: ReadonlySet<string>;
}

/** Makes the drivers of one mutant. */
export function mutantAt(base: MutantBase, number: number): OpenedMutant {
  const changed = new Set<string>();
  const difference = differenceAt(base, number, (members) => {
    for (const member of members) changed.add(member);
  });
  if (difference.opening !== undefined) changed.add("opening");
  return { openBackends: openerWith(difference), changed };
}

/** Drivers that differ as several mutants do at once: those whose numbers stand in a file, between blanks, when one is opened. */
export function companyOpener(base: MutantBase, file: string): OpenBackends {
  // What a mutant remembers it remembers for its process, here as there.
  const differenceOf = remembering((number: number) => differenceAt(base, number, () => undefined));
  const openerOf = remembering((numbers: string) =>
    numbers.split(" ").reduce<OpenBackends>((open, number) => openerWith(differenceOf(Number(number)), open), openBackends),
  );
  return (source, options) => openerOf(readFileSync(file, "utf8"))(source, options);
}

function remembering<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

function differenceAt(base: MutantBase, number: number, note: (members: readonly string[]) => void): Difference {
  const noting =
    <Sound, Change extends object>(where: string, change: (sound: Sound) => Change) =>
    (sound: Sound): Change => {
      const changes = change(sound);
      note(membersOf(changes, where));
      return changes;
    };
  if (base === "ceph") return { kind: "ceph", backend: noting("backend", at(cephMutants, number).backend()) };
  const { backend, driver, opening } = at(referenceMutants, number);
  return {
    kind: "reference",
    ...(backend !== undefined && { backend: noting("backend", backend()) }),
    ...(driver !== undefined && { driver: noting("driver", driver()) }),
    ...(opening !== undefined && { opening }),
  };
}

function at<One>(all: readonly One[], number: number): One {
  const one = all[number];
  if (one === undefined) throw new RangeError(`there is no mutant number ${number}`);
  return one;
}
