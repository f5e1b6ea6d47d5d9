import { isMutating, isSouthboundError, type SouthboundError } from "@opensds/core";
import type { Call } from "./call.js";
import { UnreadableRecord } from "./records/records.js";
import type { Project } from "./project.js";
import { explainQuota } from "./care/quota.js";
import { HttpFailure } from "./transport/failure.js";

/** Turns what an operation threw into the error that its caller gets. */
export async function toSouthbound(call: Call, project: Project | undefined, thrown: unknown): Promise<unknown> {
  const { ctx, changed } = call;
  if (isSouthboundError(thrown) || ctx.signal.aborted) return thrown;
  const outcome = changed ? "unknown" : "none";
  if (thrown instanceof UnreadableRecord) {
    const message = `${thrown.message}; use a driver that knows this layout`;
    return ctx.fail("FAILED_PRECONDITION", "layout-unknown", message, { recovery: "operator", outcome, cause: thrown });
  }
  if (!(thrown instanceof HttpFailure)) return thrown;
  return (await explainQuota(call, project, thrown)) ?? explain(call, thrown);
}

/** The one table of statuses. What a caller of a request expects (404, a conflicting state) never gets here. */
function explain({ ctx, changed }: Call, failure: HttpFailure): SouthboundError {
  const outcome = changed ? "unknown" : "none";
  const details = { detail: failure.detail, status: failure.status, requestId: failure.requestId, retryAfterMs: failure.retryAfterMs };
  const info = { outcome, details, cause: failure } as const;
  switch (failure.status) {
    case undefined:
      return ctx.fail("UNAVAILABLE", "backend-unreachable", `the cloud does not answer: ${failure.message}; check its address, the network, and its certificates`, info);
    case 401:
      return ctx.fail("UNAUTHENTICATED", "bad-credentials", `the cloud refuses the sign-in: ${failure.message}; check user, password, domain and project`, info);
    case 403: {
      const policy = /allow (\S+) to be performed/u.exec(failure.detail)?.[1];
      const what = policy === undefined ? failure.message : `the cloud's policy keeps ${policy} from this user: ${failure.message}`;
      return ctx.fail("PERMISSION_DENIED", "permission-denied", `${what}; ask for a role that it allows`, { ...info, outcome: "none", details: { ...details, policy } });
    }
    case 404:
      // Asked for with a known path: a whole API, such as Keystone's application credential, is gone.
      if (failure.request.endsWith("/auth/tokens")) {
        return ctx.fail("UNAUTHENTICATED", "bad-credentials", `the cloud refuses the sign-in: ${failure.message}; the application credential was deleted, or Keystone is elsewhere`, info);
      }
      return ctx.fail("FAILED_PRECONDITION", "pool-not-found", `Cinder does not know what was asked for: ${failure.message}`, { ...info, recovery: "operator" });
    case 429:
    case 503:
      return ctx.fail("UNAVAILABLE", failure.status === 429 ? "rate-limited" : "backend-unreachable", `the cloud asks to come back later: ${failure.message}`, info);
    case 502:
    case 504:
      return ctx.fail("UNAVAILABLE", "backend-unreachable", `the cloud's proxy gets no answer: ${failure.message}`, info);
    case 406:
      return ctx.fail("FAILED_PRECONDITION", "command-refused", `Cinder does not speak this microversion any more: ${failure.message}; set the backend up again`, { ...info, recovery: "operator" });
    case 413:
      if (isMutating(ctx.operation)) break;
      return ctx.fail("UNAVAILABLE", "rate-limited", `the cloud asks for fewer requests: ${failure.message}`, info);
    case 400:
    case 409:
      return ctx.fail("FAILED_PRECONDITION", "command-refused", `Cinder refuses the request: ${failure.message}`, { ...info, recovery: "operator" });
    default:
      break;
  }
  return ctx.fail("INTERNAL", "command-failed", failure.message, info);
}
