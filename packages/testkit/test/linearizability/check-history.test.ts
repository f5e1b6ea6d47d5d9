import type { AccessMode } from "@opensds/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkHistory } from "./check-history.js";
import type { Answer, Entry, Invocation } from "./history.js";
import { nothing, step, type NameState } from "./model.js";

const unit = 4;
const volume = (id: string, state = "available", units = 1) => ({ id, name: "a", sizeBytes: units * unit, state });
const made = (id: string, units = 1): Answer => ({ how: "volume", volume: volume(id, "available", units) });
const failed = (code: "NOT_FOUND" | "ALREADY_EXISTS" | "FAILED_PRECONDITION" | "UNAVAILABLE" | "ABORTED", reason: string, outcome: "none" | "unknown" = "none"): Answer => ({
  how: "failed",
  code,
  reason,
  outcome,
  message: reason,
});
const absent = failed("NOT_FOUND", "volume-not-found");
const lost = failed("UNAVAILABLE", "lost", "unknown");

const create = (units = 1, exact = true): Invocation => ({ call: "create", name: "a", requiredBytes: units * unit, limitBytes: exact ? units * unit : null });
const get: Invocation = { call: "get", name: "a" };
const list: Invocation = { call: "list", pageSize: 10 };
const remove = (id: string): Invocation => ({ call: "delete", name: "a", id });
const connect = (id: string, host: string, mode: AccessMode = "single-writer"): Invocation => ({ call: "connect", name: "a", id, host, mode });
const disconnect = (id: string, attachmentId: string): Invocation => ({ call: "disconnect", name: "a", id, attachmentId });
const attachments = (id: string): Invocation => ({ call: "attachments", name: "a", id });
const attached = (id: string, host: string, mode: AccessMode = "single-writer"): Answer => ({ how: "attachment", attachment: { id, host, mode } });
const done: Answer = { how: "done" };

/** A history from `[from, to, what, answer]`. */
const history = (...calls: readonly (readonly [number, number, Invocation, Answer])[]): readonly Entry[] =>
  calls.map(([calledAt, returnedAt, invocation, answer], caller) => ({ caller, invocation, answer, calledAt, returnedAt }));

describe("checkHistory accepts", () => {
  it.each<readonly [string, readonly Entry[]]>([
    ["two creates at once that give one volume", history([1, 4, create(), made("x")], [2, 3, create(), made("x")])],
    ["a read beside a create that came before it", history([1, 4, create(), made("x")], [2, 3, get, absent])],
    ["a read beside a create that came after it", history([1, 4, create(), made("x")], [2, 3, get, made("x")])],
    ["a lost create that took effect", history([1, 2, create(), lost], [3, 4, get, made("x")], [5, 6, create(), made("x")])],
    ["a lost create that did not", history([1, 2, create(), lost], [3, 4, get, absent], [5, 6, create(2), made("x", 2)])],
    ["a lost create that took effect long after", history([1, 2, create(), lost], [3, 4, get, absent], [5, 6, get, made("x")])],
    ["a lost delete", history([1, 2, create(), made("x")], [3, 4, remove("x"), lost], [5, 6, get, made("x")], [7, 8, create(), made("y")])],
    ["another size that is refused", history([1, 2, create(), made("x")], [3, 4, create(2), failed("ALREADY_EXISTS", "volume-exists")])],
    ["an old id's delete", history([1, 2, create(), made("x")], [3, 4, remove("x"), done], [5, 6, create(), made("y")], [7, 8, remove("x"), done], [9, 10, get, made("y")])],
    [
      "a delete that the attachment refuses",
      history([1, 2, create(), made("x")], [3, 4, connect("x", "h"), attached("p", "h")], [5, 6, remove("x"), failed("FAILED_PRECONDITION", "volume-in-use")]),
    ],
    [
      "a lost connect, found and given up by its id",
      history(
        [1, 2, create(), made("x")],
        [3, 4, connect("x", "h"), lost],
        [5, 6, attachments("x"), { how: "attachments", attachments: [{ id: "p", host: "h", mode: "single-writer" }] }],
        [7, 8, disconnect("x", "p"), done],
        [9, 10, remove("x"), done],
      ),
    ],
    ["being deleted while somebody deletes", history([1, 2, create(), made("x")], [3, 6, remove("x"), done], [4, 5, get, { how: "volume", volume: volume("x", "deleting") }])],
  ])("%s", (_what, entries) => {
    expect(checkHistory(entries)).toBeUndefined();
  });
});

describe("checkHistory refuses", () => {
  it.each<readonly [string, readonly Entry[]]>([
    ["a stale read", history([1, 2, create(), made("x")], [3, 4, remove("x"), done], [5, 6, get, made("x")])],
    ["a read that does not see what came before it", history([1, 2, create(), made("x")], [3, 4, get, absent])],
    ["two volumes of one name", history([1, 4, create(), made("x")], [2, 3, create(), made("y")])],
    ["two volumes of one name in a list", history([1, 2, create(), made("x")], [3, 4, list, { how: "volumes", volumes: [volume("x"), volume("y")] }])],
    ["a list without a volume that is there", history([1, 2, create(), made("x")], [3, 4, list, { how: "volumes", volumes: [] }])],
    ["reads that go back and forth", history([1, 9, create(), made("x")], [2, 3, get, made("x")], [4, 5, get, absent])],
    ["another size as the same volume", history([1, 2, create(), made("x")], [3, 4, create(2), made("x")])],
    ["a replay that is refused", history([1, 2, create(), made("x")], [3, 4, create(), failed("ALREADY_EXISTS", "volume-exists")])],
    ["a deleted volume that comes back", history([1, 2, create(), made("x")], [3, 4, remove("x"), done], [5, 6, create(), made("x")])],
    ["a delete of an attached volume", history([1, 2, create(), made("x")], [3, 4, connect("x", "h"), attached("p", "h")], [5, 6, remove("x"), done])],
    ["in use without an attachment", history([1, 2, create(), made("x")], [3, 4, remove("x"), failed("FAILED_PRECONDITION", "volume-in-use")])],
    [
      "two hosts with one writer's volume",
      history([1, 2, create(), made("x")], [3, 6, connect("x", "h"), attached("p", "h")], [4, 5, connect("x", "i"), attached("q", "i")]),
    ],
    ["two attachments of one host", history([1, 2, create(), made("x")], [3, 4, connect("x", "h"), attached("p", "h")], [5, 6, connect("x", "h"), attached("q", "h")])],
    [
      "an attachment that went by itself",
      history([1, 2, create(), made("x")], [3, 4, connect("x", "h"), attached("p", "h")], [5, 6, attachments("x"), { how: "attachments", attachments: [] }]),
    ],
    ["an attached volume that is said to be free", history([1, 2, create(), made("x")], [3, 4, connect("x", "h"), attached("p", "h")], [5, 6, get, made("x")])],
    ["being deleted when nobody deletes", history([1, 2, create(), made("x")], [3, 4, get, { how: "volume", volume: volume("x", "deleting") }])],
    ["a lost create whose volume has two ids", history([1, 2, create(), lost], [3, 4, get, made("x")], [5, 6, get, made("y")])],
  ])("%s", (_what, entries) => {
    expect(checkHistory(entries)?.message).toMatch(/no order of the calls|nobody deletes it/);
  });

  it("a broken history among good ones, and says which name it is and shows the calls", () => {
    const good = history([1, 2, { ...create(), name: "b" } as Invocation, { how: "volume", volume: { ...volume("z"), name: "b" } }]);
    const violation = checkHistory([...good, ...history([3, 4, create(), made("x")], [5, 6, get, absent])]);
    expect(violation?.name).toBe("a");
    expect(violation?.message).toContain("explains 1 of them");
    expect(violation?.message).toContain('[5..6] caller 1: get {"name":"a"} -> failed');
  });
});

describe("a connect and a delete that both give way", () => {
  const refused = failed("FAILED_PRECONDITION", "volume-deleting");
  const inUse = failed("FAILED_PRECONDITION", "volume-in-use");
  const both = history([1, 2, create(), made("x")], [3, 6, connect("x", "h"), refused], [4, 7, remove("x"), inUse], [8, 9, attachments("x"), { how: "attachments", attachments: [] }]);

  it("are refused, except where attempts may show", () => {
    expect(checkHistory(both)?.message).toContain("no order of the calls");
    expect(checkHistory(both, { attemptsShow: true })).toBeUndefined();
  });

  it("do not excuse an attempt that stays, or a delete that was refused before or after it", () => {
    const stays = { how: "attachments", attachments: [{ id: "p", host: "h", mode: "single-writer" }] } as const;
    const seenLater = [...both.slice(0, 3), ...history([8, 9, attachments("x"), stays])];
    const seenMeanwhile = [...both.slice(0, 2), ...history([4, 7, remove("x"), inUse], [4, 5, attachments("x"), stays])];
    const refusedLater = [...both, ...history([10, 11, remove("x"), inUse])];
    expect(checkHistory(seenLater, { attemptsShow: true })?.message).toContain("no order of the calls");
    expect(checkHistory(seenMeanwhile, { attemptsShow: true })).toBeUndefined();
    expect(checkHistory(refusedLater, { attemptsShow: true })?.message).toContain("no order of the calls");
  });
});

describe("checkHistory and all orders tried one by one", () => {
  const id = fc.constantFrom("x", "y");
  const invocation: fc.Arbitrary<Invocation> = fc.oneof(
    fc.constantFrom(create(1), create(2), create(1, false), get, list),
    id.map(remove),
    fc.tuple(id, fc.constantFrom("h", "i"), fc.constantFrom("single-writer" as const, "multi-reader" as const)).map((args) => connect(...args)),
    fc.tuple(id, fc.constantFrom("p", "q")).map((args) => disconnect(...args)),
    id.map(attachments),
  );

  /** An answer that at least has the right form. */
  const answerTo = (asked: Invocation): fc.Arbitrary<Answer> => {
    const volumes = fc.tuple(id, fc.constantFrom("available", "in-use"), fc.integer({ min: 1, max: 2 })).map((args) => volume(...args));
    switch (asked.call) {
      case "create":
        return fc.oneof(volumes.map((one): Answer => ({ how: "volume", volume: one })), fc.constantFrom(lost, failed("ALREADY_EXISTS", "volume-exists")));
      case "get":
        return fc.oneof(volumes.map((one): Answer => ({ how: "volume", volume: one })), fc.constant(absent));
      case "list":
        return fc.array(volumes, { maxLength: 1 }).map((some) => ({ how: "volumes", volumes: some }));
      case "delete":
        return fc.constantFrom(done, lost, failed("FAILED_PRECONDITION", "volume-in-use"));
      case "connect":
        return fc.constantFrom(attached("p", asked.host, asked.mode), attached("q", asked.host, asked.mode), lost, absent, failed("FAILED_PRECONDITION", "volume-attached-elsewhere"));
      case "disconnect":
        return fc.constantFrom(done, lost);
      case "attachments":
        return fc.constantFrom<Answer>(absent, { how: "attachments", attachments: [] }, { how: "attachments", attachments: [{ id: "p", host: "h", mode: "single-writer" }] });
    }
  };

  const entry = invocation.chain((asked) =>
    fc.record({ invocation: fc.constant(asked), answer: answerTo(asked), from: fc.nat({ max: 8 }), lasts: fc.integer({ min: 1, max: 6 }) }),
  );
  const histories = fc
    .array(entry, { minLength: 1, maxLength: 6 })
    .map((entries) => entries.map(({ invocation: asked, answer, from, lasts }, caller): Entry => ({ caller, invocation: asked, answer, calledAt: 100 * from + caller, returnedAt: 100 * (from + lasts) + caller })));

  /** Every order and every choice of the calls whose end nobody knows, without any cleverness. */
  function bruteForce(entries: readonly Entry[]): boolean {
    const unknown = (one: Entry) => one.answer.how === "failed" && one.answer.outcome === "unknown";
    const go = (left: readonly number[], state: NameState): boolean => {
      if (left.every((index) => unknown(entries[index] ?? raise()))) return true;
      return left.some((index) => {
        const one = entries[index] ?? raise();
        const tooEarly = left.some((other) => {
          const before = entries[other] ?? raise();
          return other !== index && !unknown(before) && before.returnedAt <= one.calledAt;
        });
        if (tooEarly) return false;
        return step(state, one, index).some((after) => go(left.filter((other) => other !== index), after));
      });
    };
    return go([...entries.keys()], nothing);
  }
  const raise = (): never => {
    throw new Error("no such entry");
  };

  it("agree on thousands of small histories, good and bad", () => {
    const verdicts = { good: 0, bad: 0 };
    fc.assert(
      fc.property(histories, (entries) => {
        const ordered = [...entries].sort((a, b) => a.calledAt - b.calledAt);
        const good = bruteForce(ordered);
        verdicts[good ? "good" : "bad"] += 1;
        expect(checkHistory(entries) === undefined).toBe(good);
      }),
      { numRuns: 10_000 },
    );
    expect(Math.min(verdicts.good, verdicts.bad)).toBeGreaterThan(500);
  });
});
