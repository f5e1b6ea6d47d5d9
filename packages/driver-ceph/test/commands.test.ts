import { describe, expect, it } from "vitest";
import { mapBounded, takeTurns } from "../src/bounded.js";
import type { Call } from "../src/call.js";
import { toSouthbound } from "../src/errors.js";
import { poolKind } from "../src/care/doctor.js";
import { poolsIn } from "../src/transport/cluster.js";
import { createCommands, type CommandRun } from "../src/transport/command.js";
import { limitsOf } from "../src/transport/command-limits.js";
import { CommandFailure } from "../src/transport/command-failure.js";
import { decodeCephString, decodeHexDump, decodeJson, imageInfoShape } from "../src/transport/decode.js";
import { fakeCall } from "./fakes/call.js";
import { fakeCommands } from "./fakes/commands.js";

const config = {
  conf: "/etc/ceph/ceph.conf",
  user: "dock",
  pool: "rbd",
  namespace: "",
  attach: [],
  transport: "cli",
  commandTimeoutMs: 5_000,
  unfinishedAfterMs: 1,
  trashSeconds: 0,
  maxSnapshots: 450,
  flattenAtLayers: 8,
} as const;

describe("work that is done in turns", () => {
  it("has no more of it at once than it may, goes on after a failure, and leaves out who has given up", async () => {
    const inTurn = takeTurns(1);
    const done: string[] = [];
    const { signal } = new AbortController();
    const ends = new Map<string, (error?: Error) => void>();
    const work = (name: string) => () =>
      new Promise<void>((resolve, reject) => {
        ends.set(name, (error) => {
          done.push(name);
          if (error === undefined) resolve();
          else reject(error);
        });
      });
    const impatient = new AbortController();
    const all = [inTurn(signal, work("a")), inTurn(impatient.signal, work("b")), inTurn(signal, work("c"))] as const;
    expect([...ends.keys()]).toEqual(["a"]);
    impatient.abort(new Error("enough"));
    await expect(all[1]).rejects.toThrow("enough");
    ends.get("a")?.(new Error("failed"));
    await expect(all[0]).rejects.toThrow("failed");
    expect([...ends.keys()]).toEqual(["a", "c"]);
    ends.get("c")?.();
    await all[2];
    expect(done).toEqual(["a", "c"]);
    await inTurn(signal, () => Promise.resolve());
  });
});

describe("pools, as the cluster tells of them", () => {
  const printed = (profile: string, flags: string): string =>
    JSON.stringify([{ pool_id: 3, pool_name: "p", flags_names: flags, erasure_code_profile: profile }]);
  const findings = (names: { readonly pool: string; readonly dataPool?: string }, profile: string, flags: string) =>
    poolsIn(printed(profile, flags)).flatMap((pool) => poolKind(names, pool)).map(({ status, hint }) => [status, hint]);

  it("are fine for data where erasure-coded ones take overwrites, and else the doctor says what to do", () => {
    expect(findings({ pool: "p" }, "", "hashpspool")).toEqual([]);
    expect(findings({ pool: "p" }, "k2m1", "hashpspool,ec_overwrites")).toEqual([["error", "name a replicated pool as `pool`, and p as `dataPool`"]]);
    expect(findings({ pool: "q", dataPool: "p" }, "k2m1", "hashpspool")).toEqual([["error", "run `ceph osd pool set p allow_ec_overwrites true`"]]);
    expect(findings({ pool: "q", dataPool: "p" }, "k2m1", "hashpspool,ec_overwrites")).toEqual([["ok", undefined]]);
  });

  it("are full by the cluster's limit or by a quota", () => {
    expect(["hashpspool", "full", "hashpspool,full_quota", "nearfull"].map((flags) => poolsIn(printed("", flags))[0]?.full)).toEqual([false, true, true, false]);
  });
});

describe("commands", () => {
  const { put: fake } = fakeCommands();
  const run = createCommands(config);
  const failure = async (call: Call, tool: "rados" | "rbd"): Promise<unknown> =>
    run(call, { tool, words: ["do", "it"], args: ["--secret-looking"], changes: true }).catch((error: unknown) => error);

  it("passes who and where, and returns what was printed", async () => {
    fake("rbd", 'echo "$@"');
    const call = fakeCall();
    const said = await run(call, { tool: "rbd", words: ["ls"], args: ["--pool=rbd"], changes: false });
    expect(said).toBe(
      "ls --pool=rbd --conf=/etc/ceph/ceph.conf --id=dock --client-mount-timeout=5 --rados-mon-op-timeout=5 --rados-osd-op-timeout=5",
    );
    expect(call.changed).toBe(false);
  });

  it("takes rbd's error number from its exit status, and rados' from its last words", async () => {
    fake("rbd", "echo 'rbd: create error: (17) File exists' >&2; exit 17");
    expect(await failure(fakeCall(), "rbd")).toMatchObject({ errno: 17, command: "rbd do it" });
    fake("rados", "echo 'ERROR: failed locking: (16) Device or resource busy' >&2; exit 1");
    expect(await failure(fakeCall(), "rados")).toMatchObject({ errno: 16 });
    fake("rbd", "echo 'rbd: unrecognised option' >&2; exit 1");
    expect(await failure(fakeCall(), "rbd")).toMatchObject({ errno: undefined });
  });

  it("ends a command at its deadline and when the call is given up", async () => {
    fake("rbd", "exec sleep 20");
    const startedAt = performance.now();
    expect(await failure(fakeCall({ remainingMs: 200 }), "rbd")).toMatchObject({ errno: 110 });
    const given = new AbortController();
    setTimeout(() => given.abort(new Error("given up")), 200);
    expect(await failure(fakeCall({ signal: given.signal }), "rbd")).toMatchObject({ message: "given up" });
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it("lets a command wait for the lock of a client that died, whatever the limit of one request", async () => {
    const impatient = createCommands({ ...config, commandTimeoutMs: 200 });
    fake("rbd", 'sleep 1; echo "$@"');
    const cut = { tool: "rbd", words: ["snap", "create"], args: [], changes: true } as const;
    const limits = "--client-mount-timeout=1 --rados-mon-op-timeout=1 --rados-osd-op-timeout=1";
    expect(await impatient(fakeCall(), cut)).toBe(`snap create --conf=/etc/ceph/ceph.conf --id=dock ${limits}`);
    fake("rbd", "exec sleep 20");
    const failure = async (call: Call, asked: CommandRun): Promise<unknown> => impatient(call, asked).catch((error: unknown) => error);
    expect(await failure(fakeCall(), { ...cut, words: ["info"], changes: false })).toMatchObject({ errno: 110, detail: "no answer within 200 ms" });
    expect(await failure(fakeCall({ remainingMs: 300 }), cut)).toMatchObject({ errno: 110, detail: "no answer within 300 ms" });
    expect(await failure(fakeCall(), { ...cut, atMostMs: 250 })).toMatchObject({ errno: 110, detail: "no answer within 250 ms" });
  });

  it("never shows an argument in an error", async () => {
    fake("rbd", "exit 5");
    const call = fakeCall();
    const error = toSouthbound(call, config, await failure(call, "rbd"));
    expect(JSON.stringify(error)).not.toContain("secret-looking");
  });
});

describe("how long a command may take", () => {
  const change = { tool: "rbd", changes: true } as const;
  const read = { tool: "rbd", changes: false } as const;

  it.each([
    // The usual limit is what the cluster needs to forget a client that died: a command that may wait for it gets more.
    [change, 30_000, 60_000, { wholeMs: 45_000, requestMs: 30_000 }],
    [read, 30_000, 60_000, { wholeMs: 30_000, requestMs: 30_000 }],
    [{ tool: "rados", changes: true } as const, 30_000, 60_000, { wholeMs: 30_000, requestMs: 30_000 }],
    [{ tool: "ceph", changes: true } as const, 30_000, 60_000, { wholeMs: 30_000, requestMs: 30_000 }],
    [change, 120_000, 600_000, { wholeMs: 120_000, requestMs: 120_000 }],
    [change, 5_000, 60_000, { wholeMs: 45_000, requestMs: 5_000 }],
    [change, 30_000, 40_000, { wholeMs: 40_000, requestMs: 30_000 }],
    [change, 30_000, 20_000, { wholeMs: 20_000, requestMs: 20_000 }],
    // A key is derived without a word to the cluster, for as long as other work leaves it no processor.
    [{ ...change, computes: true }, 30_000, 290_000, { wholeMs: 290_000, requestMs: 30_000 }],
    [{ ...change, computes: true }, 30_000, 20_000, { wholeMs: 20_000, requestMs: 20_000 }],
    [{ ...change, atMostMs: 4_000 }, 30_000, 60_000, { wholeMs: 4_000, requestMs: 4_000 }],
  ])("%o with a limit of %i ms and %i ms left", (asked, commandTimeoutMs, leftMs, limits) => {
    expect(limitsOf(asked, commandTimeoutMs, leftMs)).toEqual(limits);
  });
});

describe("errors", () => {
  const translate = (errno: number | undefined, changed = false): unknown => {
    const call = fakeCall();
    call.changed = changed;
    return toSouthbound(call, config, new CommandFailure("rbd create", errno, "words"));
  };

  it.each([
    [1, "PERMISSION_DENIED", "permission-denied"],
    [13, "PERMISSION_DENIED", "permission-denied"],
    [2, "FAILED_PRECONDITION", "pool-not-found"],
    [28, "RESOURCE_EXHAUSTED", "backend-full"],
    [122, "RESOURCE_EXHAUSTED", "backend-full"],
    [110, "UNAVAILABLE", "backend-unreachable"],
    [22, "INTERNAL", "command-failed"],
    [undefined, "INTERNAL", "command-failed"],
  ])("error %s is %s %s", (errno, code, reason) => {
    expect(translate(errno)).toMatchObject({ code, reason, outcome: "none" });
    expect(translate(errno, true)).toMatchObject({ outcome: "unknown" });
  });
});

describe("decoding", () => {
  it("reads rados' hexadecimal dumps", () => {
    const dump = "value (20 bytes) :\n00000000  10 00 00 00 31 30 35 66  62 35 62 35 31 66 37 34  |....105fb5b51f74|\n00000010  61 62 63 64              |abcd|\n00000014\n";
    expect(decodeCephString(decodeHexDump(dump))).toBe("105fb5b51f74abcd");
    expect(decodeCephString(Buffer.from([9, 0, 0, 0, 1]))).toBeUndefined();
  });

  it("says where JSON is not as it should be", () => {
    expect(() => decodeJson("rbd info", '{"name":1}', imageInfoShape)).toThrow(/rbd info.*name/);
    expect(() => decodeJson("rbd info", "no", imageInfoShape)).toThrow(/not JSON/);
  });
});

describe("mapBounded", () => {
  it("keeps the order, bounds how much runs, and stops at a failure", async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number): Promise<number> => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setTimeout(resolve, 10 - item));
      running -= 1;
      return item * 2;
    };
    expect(await mapBounded([1, 2, 3, 4, 5], 2, work)).toEqual([2, 4, 6, 8, 10]);
    expect(most).toBe(2);
    const begun: number[] = [];
    const failing = mapBounded([1, 2, 3, 4], 1, (item) => {
      begun.push(item);
      return item === 2 ? Promise.reject(new Error("two")) : Promise.resolve(item);
    });
    await expect(failing).rejects.toThrow("two");
    expect(begun).toEqual([1, 2]);
  });
});
