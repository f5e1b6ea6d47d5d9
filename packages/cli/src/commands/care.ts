import { hostId, requireFacets, supports, type Finding, type Orphan } from "@opensds/core";
import { onBackend, type Command } from "../command.js";
import { gather } from "../each-backend.js";
import { exitCodeOf, notWell } from "../exit-code.js";
import { explain } from "../explain.js";

/** Looking after backends: what is wrong, what crashes left, hosts that must be cut off. */
export const careCommands: readonly Command[] = [
  {
    path: ["doctor"],
    summary: "look for what is wrong or will be; changes nothing, and exits with 1 when something is",
    run: async (ctx) => {
      interface Row extends Finding {
        readonly backend: string;
      }
      const { found, exitCode } = await gather(ctx, async (driver): Promise<readonly Row[]> => {
        const findings: readonly Finding[] = supports(driver, "doctor")
          ? await driver.doctor.examine(ctx.call)
          : [{ check: "setup", status: "ok", message: "the backend works; its driver has no doctor of its own" }];
        return findings.map((finding) => ({ backend: driver.backend, ...finding }));
      });
      ctx.output.list(
        found,
        [
          { heading: "BACKEND", cell: ({ backend }) => backend },
          { heading: "STATUS", cell: ({ status }) => status },
          { heading: "CHECK", cell: ({ check }) => check },
          { heading: "FOUND", cell: ({ message, hint }) => (hint === undefined ? message : `${message}; ${hint}`) },
        ],
        "nothing to look at",
      );
      return exitCode ?? (found.some(({ status }) => status === "error") ? notWell : undefined);
    },
  },
  onBackend({
    path: ["reconcile"],
    summary: "find what crashes left half-made, and mend it with --repair; exits with 1 while something is left",
    options: [{ name: "repair", help: "mend what can be mended" }],
    destroys: true,
    run: async (driver, ctx) => {
      const { reconciliation } = requireFacets(driver, "reconciliation");
      const repair = ctx.options.flag("repair");
      const seen = await reconciliation.reconcile({ repair: false }, ctx.call);
      const mendable = seen.filter(({ action }) => action !== "report");
      if (repair && mendable.length > 0) await ctx.confirm(`finish or undo ${mendable.length} half-made things of ${driver.backend}?`);
      const orphans = repair && mendable.length > 0 ? await reconciliation.reconcile({ repair: true }, ctx.call) : seen;
      ctx.output.list<Orphan>(
        orphans,
        [
          { heading: "KIND", cell: ({ kind }) => kind },
          { heading: "REFERENCE", cell: ({ reference }) => reference },
          { heading: "REPAIR", cell: ({ action, repaired }) => (repaired ? `${action}: done` : action) },
          { heading: "WHAT", cell: ({ message }) => message },
        ],
        "nothing is left over",
      );
      return orphans.some(({ repaired }) => !repaired) ? notWell : undefined;
    },
  }),
  onBackend({
    path: ["fence"],
    summary: "cut a dead host off its volumes: it can write nothing from then on, and they are free",
    arguments: [{ name: "HOST" }],
    destroys: true,
    run: async (driver, ctx) => {
      const { fencing } = requireFacets(driver, "fencing");
      const host = ctx.argument("HOST");
      await ctx.confirm(`cut host ${host} off ${driver.backend}? What runs on it loses its volumes at once`);
      const result = await fencing.fenceHost({ hostId: hostId(host) }, ctx.call);
      ctx.output.done(`host ${host} is fenced; ${result.attachmentIds.length} attachments were taken from it`, result);
      return undefined;
    },
  }),
  onBackend({
    path: ["unfence"],
    summary: "let a host in again, after it was started anew",
    arguments: [{ name: "HOST" }],
    run: async (driver, ctx) => {
      const host = ctx.argument("HOST");
      await requireFacets(driver, "fencing").fencing.unfenceHost({ hostId: hostId(host) }, ctx.call);
      ctx.output.done(`host ${host} is let in again`, { hostId: host });
      return undefined;
    },
  }),
  {
    path: ["backend", "ls"],
    summary: "list the backends of the file, whether they work, and what they can do",
    run: async (ctx) => {
      const drivers = await ctx.target.all();
      let exitCode: number | undefined;
      const rows = await Promise.all(
        drivers.map(async (driver) => {
          try {
            const { manifest } = await ctx.target.setUp(driver);
            return { backend: driver.backend, kind: driver.kind, works: true, manifest };
          } catch (error) {
            exitCode ??= exitCodeOf(error);
            ctx.output.note(`opensds: ${explain(error)}`);
            return { backend: driver.backend, kind: driver.kind, works: false };
          }
        }),
      );
      ctx.output.list(
        rows,
        [
          { heading: "BACKEND", cell: ({ backend }) => backend },
          { heading: "DRIVER", cell: ({ kind }) => kind },
          { heading: "WORKS", cell: ({ works }) => (works ? "yes" : "no") },
          { heading: "FACETS", cell: ({ manifest }) => manifest?.facets.join(", ") },
        ],
        "no backends",
      );
      return exitCode;
    },
  },
];
