import { describeEntry, isOptional, isUnknown, type Entry } from "./history.js";
import { nothing, step, type NameState } from "./model.js";

/** What is wrong with a history, in words. */
export interface Violation {
  readonly name: string;
  readonly message: string;
}

/** How strictly a history is read. */
export interface CheckOptions {
  /**
   * Whether a connect that was refused may have had its attachment recorded for a while before it took that back, and others may have
   * seen it. So it is where attaching and closing for deletion are two writes, each of which looks for the other afterwards: then a
   * connect and a delete that meet may both give way. Default false.
   */
  readonly attemptsShow?: boolean | undefined;
}

/** How many states one name's search may visit before it is given up: far more than any history of a few dozen calls needs. */
const mostVisits = 2_000_000;

/**
 * Whether every call of a history can have taken effect at one moment between its beginning and its end (linearisability: Herlihy and
 * Wing 1990), each name for itself, since linearisability is local. The search is that of Wing and Gong with Lowe's memory of what
 * was visited. A call whose outcome is unknown may take effect at any time after it began, or never.
 */
export function checkHistory(history: readonly Entry[], { attemptsShow = false }: CheckOptions = {}): Violation | undefined {
  const names = new Set(history.flatMap(({ invocation, answer }) => [...("name" in invocation ? [invocation.name] : []), ...namesIn(answer)]));
  for (const name of names) {
    const entries = history.flatMap((entry) => aboutName(entry, name)).sort((a, b) => a.calledAt - b.calledAt);
    const message = deletingAlone(entries) ?? searchOrder(attemptsShow ? entries.flatMap(withAttempt) : entries);
    if (message !== undefined) return { name, message };
  }
  return undefined;
}

const namesIn = (answer: Entry["answer"]): readonly string[] => (answer.how === "volumes" ? answer.volumes.map(({ name }) => name) : []);

/** An entry as far as it tells about one name: a list tells about every name, there or not. */
function aboutName(entry: Entry, name: string): readonly Entry[] {
  if ("name" in entry.invocation) return entry.invocation.name === name ? [entry] : [];
  if (entry.answer.how !== "volumes") return [entry];
  return [{ ...entry, answer: { ...entry.answer, volumes: entry.answer.volumes.filter((volume) => volume.name === name) } }];
}

/** A refused connect as two halves: its attachment is recorded, perhaps; it is taken back, if it was. */
function withAttempt(entry: Entry): readonly Entry[] {
  const { invocation, answer } = entry;
  const refused = invocation.call === "connect" && answer.how === "failed" && answer.outcome === "none" && answer.reason === "volume-deleting";
  return refused ? [{ ...entry, attempt: "recorded" }, { ...entry, attempt: "ended" }] : [entry];
}

/** Only while a delete runs, or after one of which nobody knows the end, may somebody be told that the volume is being deleted. */
function deletingAlone(entries: readonly Entry[]): string | undefined {
  const told = entries.find((entry) => {
    const saysDeleting =
      (entry.answer.how === "failed" && entry.answer.reason === "volume-deleting") ||
      (entry.answer.how === "volume" && entry.answer.volume.state === "deleting") ||
      (entry.answer.how === "volumes" && entry.answer.volumes.some(({ state }) => state === "deleting"));
    if (!saysDeleting) return false;
    return !entries.some(
      (other) =>
        other.invocation.call === "delete" && other.calledAt < entry.returnedAt && (isUnknown(other) || other.returnedAt > entry.calledAt),
    );
  });
  return told && `told that it is being deleted, and nobody deletes it: ${describeEntry(told)}`;
}

function searchOrder(entries: readonly Entry[]): string | undefined {
  const required = entries.map((entry) => !isOptional(entry));
  const visited = new Set<string>();
  let best: { readonly done: bigint; readonly state: NameState; readonly count: number } = { done: 0n, state: nothing, count: -1 };

  const search = (done: bigint, state: NameState, count: number): boolean => {
    const key = `${done.toString(36)} ${JSON.stringify(state)}`;
    if (visited.has(key)) return false;
    visited.add(key);
    if (visited.size > mostVisits) throw new Error(`a history of ${entries.length} calls is too tangled to be decided`);
    if (count > best.count) best = { done, state, count };

    let firstEnd = Infinity;
    for (const [index, entry] of entries.entries()) {
      if (required[index] === true && !has(done, index)) firstEnd = Math.min(firstEnd, entry.returnedAt);
    }
    if (firstEnd === Infinity) return true;
    const next: { readonly index: number; readonly states: readonly NameState[] }[] = [];
    for (const [index, entry] of entries.entries()) {
      if (entry.calledAt >= firstEnd) break;
      if (has(done, index)) continue;
      // The end of an attempt stands next to its beginning, which cannot come after it.
      if (entry.attempt === "recorded" && has(done, index + 1)) continue;
      const states = step(state, entry, index);
      const isRequired = required[index] === true;
      // What never changes anything and may come now need not come later.
      if (isRequired && isLook(entry) && states.length === 1 && states[0] === state) return search(done | bit(index), state, count + 1);
      next.push({ index, states: isRequired ? states : states.filter((after) => after !== state) });
    }
    // Calls whose end nobody knows come last: most histories are explained without them.
    next.sort((a, b) => Number(required[b.index]) - Number(required[a.index]));
    return next.some(({ index, states }) => states.some((after) => search(done | bit(index), after, count + (required[index] === true ? 1 : 0))));
  };

  if (search(0n, nothing, 0)) return undefined;
  return [
    `no order of the calls explains all answers. The longest that explains ${best.count} of them ends in ${JSON.stringify(best.state)}.`,
    "(+ explained, - not, ? may be left out)",
    ...entries.map((entry, index) => `  ${has(best.done, index) ? "+" : "-"}${isOptional(entry) ? "?" : " "} ${describeEntry(entry)}`),
  ].join("\n");
}

/** Whether a call changed nothing, whenever it took effect. */
const isLook = ({ invocation: { call }, answer, attempt }: Entry): boolean =>
  attempt === undefined && (answer.how === "failed" || call === "get" || call === "list" || call === "attachments");

const bit = (index: number): bigint => 1n << BigInt(index);
const has = (done: bigint, index: number): boolean => (done & bit(index)) !== 0n;
