import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Check } from "../check.js";
import { holdFirst, promptMs, timed } from "./support/held-driver.js";

/** Opening without a backend, and what is left after closing. */
export const closingChecks: readonly Check[] = [
  {
    id: "LIFECYCLE-3",
    family: "lifecycle",
    level: "full",
    title: "A backends file is opened while its backends cannot be reached",
    rules: ["SB-LIFECYCLE-4"],
    needs: ["processes"],
    run: async (ctx) => {
      // A network of its own, with nothing in it, is as good as a backend that is down.
      await promisify(execFile)("unshare", ["--net", "true"]).catch(() => ctx.skip("this machine gives no process a network of its own (unshare --net)", "environment"));
      const { ms } = await timed(ctx.worker({ setup: false }));
      const { result, ms: cutOffMs } = await timed(ctx.worker({ setup: false, cutOff: true }));
      if (result.status === "rejected") ctx.fail("opening succeeds in a process without a network", result.reason);
      ctx.ok(cutOffMs < ms + 3 * promptMs, "opening without a network takes no longer than with one", `${Math.round(cutOffMs)} ms after ${Math.round(ms)} ms`);
    },
  },
  {
    id: "LIFECYCLE-4",
    family: "lifecycle",
    level: "full",
    title: "unset returns by its deadline though a call hangs, and the call ends with CANCELLED",
    rules: ["SB-LIFECYCLE-6"],
    run: async (ctx) => {
      const { driver, held, release } = await holdFirst(ctx, "createVolume");
      const request = { name: ctx.name("hung"), capacity: { requiredBytes: ctx.sizes.small } };
      const call = driver.createVolume(request, { timeoutMs: 20_000 });
      const hanging = timed(call);
      await held(hanging);
      const timeoutMs = 2_000;
      const unset = await timed(driver.unset({ timeoutMs }));
      ctx.equal(unset.result.status, "fulfilled", "how unset beside a hanging call ended");
      ctx.ok(unset.ms < timeoutMs + promptMs, `unset returns within ${promptMs} ms of its deadline`, `${Math.round(unset.ms)} ms`);
      const { result, ms } = await hanging;
      if (result.status === "fulfilled") return ctx.fail("a call that hangs while the driver is closed ends with CANCELLED", result.value);
      await ctx.expectError(call, { code: "CANCELLED" }, "a createVolume that hung while the driver was closed");
      ctx.ok(ms < unset.ms + 2 * promptMs, "the hanging call ends with unset", `${Math.round(ms)} ms`);
      release();
    },
  },
  {
    id: "LIFECYCLE-5",
    family: "lifecycle",
    level: "full",
    title: "After unset the driver has left no child process, open file, socket or timer in its process",
    rules: ["SB-LIFECYCLE-7"],
    needs: ["processes"],
    run: async (ctx) => {
      const worker = await ctx.worker();
      const made = await worker.createVolume({ name: ctx.name("used"), capacity: { requiredBytes: ctx.sizes.small } });
      await worker.listPage({ pageSize: 2 });
      await worker.getVolume({ id: made.id });
      await worker.deleteVolume({ id: made.id });
      ctx.equal(await worker.close(), [], "what unset left in the process");
    },
  },
];
