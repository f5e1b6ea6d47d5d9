import { isSouthboundError, operationCodes, type ErrorCode, type Operation } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { anyCalls, callAnyhow } from "./support/any-call.js";
import { timed } from "./support/held-driver.js";
import { readAllVolumes, readPage } from "./support/volumes.js";

/** What an error's code and outcome promise. */
export const outcomeChecks: readonly Check[] = [
  {
    id: "ERRORS-3",
    family: "errors",
    level: "basic",
    title: "Every operation fails with codes of its own row only",
    rules: ["SB-ERROR-4"],
    run: async (ctx) => {
      for (const { operation: path, request } of anyCalls(ctx)) {
        const operation = path.split(".").at(-1) ?? path;
        if (!isOperation(operation)) continue;
        const allowed: readonly ErrorCode[] = operationCodes[operation];
        // Nothing that these requests name exists; and some come too late.
        for (const options of [undefined, { timeoutMs: tooShortMs }, { signal: AbortSignal.abort() }]) {
          if (path === "createVolume" && options === undefined) continue;
          const { result } = await timed(callAnyhow(ctx, ctx.driver, path, request, options));
          if (result.status === "fulfilled") continue;
          const reason: unknown = result.reason;
          if (!isSouthboundError(reason)) return ctx.fail(`${path} fails with a SouthboundError`, reason);
          ctx.equal(reason.operation, operation, `the operation in an error of ${path}`);
          ctx.ok(allowed.includes(reason.code), `${path} ends with one of ${allowed.join(", ")}`, reason);
        }
      }
    },
  },
  {
    id: "ERRORS-4",
    family: "errors",
    level: "basic",
    title: "After an error with outcome none the volume, its attachments and the list are as they were",
    rules: ["SB-ERROR-5"],
    run: async (ctx) => {
      const { driver, manifest, sizes } = ctx;
      const volume = await ctx.create("kept");
      const connects = manifest.protocols.length > 0;
      const holder = ctx.otherHost("holder");
      if (connects) await driver.connectVolume({ volumeId: volume.id, connector: holder });
      const before = await stateOf(ctx);
      const larger = { requiredBytes: sizes.small + manifest.limits.granularityBytes };
      const calls: (readonly [string, () => Promise<unknown>])[] = [
        ["createVolume of another size", () => driver.createVolume({ name: volume.name, capacity: larger })],
        ["createVolume with an unknown parameter", () => driver.createVolume({ name: ctx.name("no"), capacity: larger, parameters: { "no such": "x" } })],
        ["createVolume that is too large", () => driver.createVolume({ name: ctx.name("big"), capacity: { requiredBytes: 2 ** 60 } })],
        ["createVolume that never began", () => driver.createVolume({ name: ctx.name("late"), capacity: larger }, { signal: AbortSignal.abort() })],
        ["deleteVolume that never began", () => driver.deleteVolume({ id: volume.id }, { signal: AbortSignal.abort() })],
      ];
      if (connects) {
        const rival = ctx.otherHost("rival");
        calls.push(
          ["deleteVolume of an attached volume", () => driver.deleteVolume({ id: volume.id })],
          ["connectVolume for another host", () => driver.connectVolume({ volumeId: volume.id, connector: rival })],
          ["connectVolume in another mode", () => driver.connectVolume({ volumeId: volume.id, connector: holder, mode: "multi-reader" })],
        );
      }
      for (const [what, call] of calls) {
        await ctx.expectError(call(), { outcome: "none" }, what);
        ctx.equal(await stateOf(ctx), before, `what there is after ${what} failed`);
      }
    },
  },
  {
    id: "ERRORS-5",
    family: "errors",
    level: "basic",
    title: "A read that fails, is cut short or times out has changed nothing and says so",
    rules: ["SB-ERROR-6"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volume = await ctx.create("read");
      const reads: (readonly [string, (options: { signal?: AbortSignal; timeoutMs?: number }) => Promise<unknown>])[] = [
        ["getVolume", (options) => driver.getVolume({ id: volume.id }, options)],
        ["listVolumes", (options) => first(driver.listVolumes({ pageSize: 1 }, options))],
        ["listAttachments", (options) => driver.listAttachments({ volumeId: volume.id }, options)],
        ["listMounts", (options) => driver.listMounts({}, options)],
      ];
      for (const [what, read] of reads) {
        for (const options of [{ timeoutMs: tooShortMs }, { timeoutMs: 1 }, { signal: AbortSignal.abort() }, { signal: AbortSignal.timeout(1) }]) {
          const { call, result } = await untilCutShort(() => read(options));
          if (result.status === "rejected") await ctx.expectError(call, { outcome: "none" }, `${what} that was cut short`);
        }
      }
      await ctx.expectError(driver.getVolume({ name: ctx.name("none") }), { outcome: "none" }, "getVolume of what is not there");
      await ctx.expectError(readPage(driver, 1, "no-such-token"), { outcome: "none" }, "listVolumes with a made-up token");
    },
  },
];

/** So short, in milliseconds, that it is over before any work begins. */
const tooShortMs = 1e-6;

/** A quick driver is now and then quicker than the shortest deadline: so the call is made a few times, until one comes too late. */
async function untilCutShort(begin: () => Promise<unknown>): Promise<{ readonly call: Promise<unknown>; readonly result: PromiseSettledResult<unknown> }> {
  for (let attempt = 1; ; attempt += 1) {
    const call = begin();
    const { result } = await timed(call);
    if (result.status === "rejected" || attempt === 5) return { call, result };
  }
}

const isOperation = (text: string): text is Operation => Object.hasOwn(operationCodes, text);

async function first(items: AsyncIterable<unknown>): Promise<unknown> {
  for await (const item of items) return item;
  return undefined;
}

/** Everything of this run that can be seen, without what changes by itself. */
async function stateOf(ctx: CheckContext): Promise<unknown> {
  const volumes = (await readAllVolumes(ctx.driver)).filter((volume) => ctx.isOurs(volume));
  const attachments = ctx.manifest.protocols.length === 0 ? [] : await Promise.all(volumes.map(({ id }) => ctx.driver.listAttachments({ volumeId: id, hostId: "all" })));
  return { volumes, attachments, mounts: await Promise.all(volumes.map(({ id }) => ctx.driver.listMounts({ volumeId: id }))) };
}
