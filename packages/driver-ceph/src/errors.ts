import { isMutating, isSouthboundError, type CallContext, type CodeOf, type Operation, type Recovery, type SouthboundError } from "@opensds/core";
import type { Call } from "./call.js";
import { UnreadableCell } from "./records/cells.js";
import type { CephConfig } from "./config.js";
import { CommandFailure, errno } from "./transport/command-failure.js";

/** What an error number of Ceph's means to a caller. */
interface Meaning {
  readonly code: CodeOf<Operation>;
  readonly reason: string;
  readonly recovery?: Recovery;
  /** What happened and what to do, after the name of the command. */
  readonly words: (config: CephConfig) => string;
}

const denied: Meaning = {
  code: "PERMISSION_DENIED",
  reason: "permission-denied",
  words: ({ user, pool }) =>
    `the cluster does not let client.${user} do this in pool ${pool}; give it mon "profile rbd", ` +
    `osd "profile rbd pool=${pool}" and mgr "profile rbd pool=${pool}", and check that its keyring holds its current key`,
};
const full: Meaning = {
  code: "RESOURCE_EXHAUSTED",
  reason: "backend-full",
  words: ({ pool }) => `pool ${pool} takes no more data; delete volumes, raise its quota or add storage`,
};

/** The one table of Ceph's error numbers. What a caller of the command expects (ENOENT, EEXIST, EBUSY) never gets here. */
const meanings: Readonly<Record<number, Meaning>> = {
  [errno.EPERM]: denied,
  [errno.EACCES]: denied,
  [errno.ENOENT]: {
    code: "FAILED_PRECONDITION",
    reason: "pool-not-found",
    recovery: "operator",
    words: ({ pool, namespace }) => `pool ${pool}${namespace === "" ? "" : ` or its namespace ${namespace}`} is not there any more`,
  },
  [errno.ENOSPC]: full,
  [errno.EDQUOT]: full,
  [errno.ETIMEDOUT]: {
    code: "UNAVAILABLE",
    reason: "backend-unreachable",
    words: ({ conf, monitors }) =>
      `the cluster did not answer in time; check that the monitors ${monitors?.join(", ") ?? `in ${conf}`} can be reached and that its OSDs are up`,
  },
};

/** The Debian package of each tool. */
const packages: Readonly<Record<string, string>> = { ceph: "ceph-common", "ceph-conf": "ceph-common", rados: "ceph-common", rbd: "ceph-common" };

/** Turns what an operation threw into the error that its caller gets. */
export function toSouthbound({ ctx, changed }: Call, config: CephConfig, thrown: unknown): unknown {
  if (isSouthboundError(thrown) || ctx.signal.aborted) return thrown;
  const outcome = changed ? "unknown" : "none";
  if (thrown instanceof UnreadableCell) {
    const message = `${thrown.message}; use a driver that knows this layout`;
    return ctx.fail("FAILED_PRECONDITION", "layout-unknown", message, { recovery: "operator", outcome, cause: thrown });
  }
  if (!(thrown instanceof CommandFailure)) return thrown;
  if (thrown.missingTool) return missingTool(ctx, thrown);
  const meaning = thrown.errno === undefined ? undefined : meanings[thrown.errno];
  if (meaning === undefined) {
    return ctx.fail("INTERNAL", "command-failed", thrown.message, { outcome, cause: thrown });
  }
  // Reads have no such code. A full pool answers them, except those of `rbd` in a namespace.
  const code = meaning.code === "RESOURCE_EXHAUSTED" && !isMutating(ctx.operation) ? "UNAVAILABLE" : meaning.code;
  return ctx.fail(code, meaning.reason, `${thrown.command}: ${meaning.words(config)}`, {
    outcome,
    recovery: meaning.recovery,
    details: { detail: thrown.detail, errno: thrown.errno },
    cause: thrown,
  });
}

/** The error for a tool of Ceph's that is not installed. */
export function missingTool(ctx: CallContext, failure: CommandFailure): SouthboundError {
  const [tool = ""] = failure.command.split(" ");
  const name = packages[tool] ?? tool;
  return ctx.fail("FAILED_PRECONDITION", "missing-tool", `${tool} is not installed; install Debian's package ${name}`, {
    recovery: "operator",
    outcome: "none",
    details: { tool, package: name },
    cause: failure,
  });
}
