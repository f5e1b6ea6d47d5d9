import type { OpenBackends } from "@opensds/testkit";
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
  const noting =
    <Sound, Change extends object>(where: string, change: (sound: Sound) => Change) =>
    (sound: Sound): Change => {
      const changes = change(sound);
      for (const member of membersOf(changes, where)) changed.add(member);
      return changes;
    };
  if (base === "ceph") {
    const mutant = at(cephMutants, number);
    return { openBackends: openerWith({ kind: "ceph", backend: noting("backend", mutant.backend()) }), changed };
  }
  const { backend, driver, opening } = at(referenceMutants, number);
  if (opening !== undefined) changed.add("opening");
  const difference: Difference = {
    kind: "reference",
    ...(backend !== undefined && { backend: noting("backend", backend()) }),
    ...(driver !== undefined && { driver: noting("driver", driver()) }),
    ...(opening !== undefined && { opening }),
  };
  return { openBackends: openerWith(difference), changed };
}

function at<One>(all: readonly One[], number: number): One {
  const one = all[number];
  if (one === undefined) throw new RangeError(`there is no mutant number ${number}`);
  return one;
}
