import { join } from "node:path";
import { move, namesIn, removeIfEmpty, removeTree } from "./file-system.js";
import { endingOf, type SharedPlaces } from "./file-layout.js";
import type { FileStore } from "./file-store.js";
import { isProcessAlive } from "./process-alive.js";
import type { Identified, Leftover, StoreCall } from "./store.js";

/** Sweeps what all kinds of records share: what was being made, and what was being deleted. See file-layout.ts for why it may. */
export async function sweepShared(shared: SharedPlaces, call: StoreCall, repair: boolean): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const name of (await namesIn(shared.staging)) ?? []) {
    call.signal.throwIfAborted();
    if (isProcessAlive(Number.parseInt(name, 10))) continue;
    found.push({ kind: "half-made", reference: `staging/${name}`, message: "a process ended while it made this", action: "undo" });
    if (repair) await move(join(shared.staging, name), join(shared.trash, name));
  }
  for (const name of (await namesIn(shared.trash)) ?? []) {
    call.signal.throwIfAborted();
    const known = found.some(({ reference }) => reference === `staging/${name}`);
    if (!known) found.push({ kind: "half-deleted", reference: `trash/${name}`, message: "its bytes are not removed yet", action: "finish" });
    if (repair) await removeTree(join(shared.trash, name));
  }
  return found;
}

/** Sweeps the records of one kind: finishes removals, and takes away what unfinished changes have written. */
export async function sweepStore<Record extends Identified>(store: FileStore<Record>, call: StoreCall, repair: boolean): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const key of await store.keys()) {
    for (const id of await store.idsUnder(key)) {
      call.signal.throwIfAborted();
      const leftover = await leftoverOf(store, key, id, call);
      if (leftover === undefined) continue;
      found.push(leftover);
      if (repair) await mend(store, key, id, leftover, call);
    }
    if (repair) await removeIfEmpty(join(store.place, key));
  }
  return found;
}

async function mend<Record extends Identified>(
  store: FileStore<Record>,
  key: string,
  id: string,
  { action }: Leftover,
  call: StoreCall,
): Promise<void> {
  if (action === "finish") return store.finish(key, id, call);
  // A killed writer's files, or a living one's: writing the same record anew shuts both out and clears both away.
  const current = await store.read(key, call);
  if (current?.record.id === id) await store.replace(current, current.record, call);
}

async function leftoverOf<Record extends Identified>(
  store: FileStore<Record>,
  key: string,
  id: string,
  call: StoreCall,
): Promise<Leftover | undefined> {
  const ended = endingOf((await namesIn(store.home(key, id))) ?? []);
  if (ended !== undefined) return { kind: "half-removed", reference: id, message: `it was ${ended.ending}, and that was not finished`, action: "finish" };
  const current = await store.read(key, call);
  if (current === undefined) return undefined;
  const superfluous = await store.superfluous(current);
  if (superfluous.length === 0) return undefined;
  return { kind: "half-written", reference: id, message: `a change of it ended before it was made; it left ${superfluous.join(", ")}`, action: "undo" };
}
