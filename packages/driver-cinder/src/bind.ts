import type { CallContext, Operation } from "@opensds/core";
import { openCall, type Call } from "./call.js";
import { toSouthbound } from "./errors.js";
import type { Project } from "./project.js";

/** What an operation does, as this driver writes it. */
type Work<Request, Op extends Operation, Value> = (project: Project, request: Request, call: Call<Op>) => Promise<Value>;

/** Makes the methods of a backend: each call gets its bookkeeping, and what it throws becomes the error that callers get. */
export interface Bind {
  <Request, Op extends Operation, Value>(work: Work<Request, Op, Value>): (request: Request, ctx: CallContext<Op>) => Promise<Value>;
  /** For a method without a request. */
  alone<Op extends Operation, Value>(work: (project: Project, call: Call<Op>) => Promise<Value>): (ctx: CallContext<Op>) => Promise<Value>;
}

/** Binds operations to one project. */
export function createBind(project: Project): Bind {
  const run = async <Op extends Operation, Value>(ctx: CallContext<Op>, work: (call: Call<Op>) => Promise<Value>): Promise<Value> => {
    const call = openCall(ctx);
    try {
      return await work(call);
    } catch (thrown) {
      throw await toSouthbound(call, project, thrown);
    }
  };
  const bind = <Request, Op extends Operation, Value>(work: Work<Request, Op, Value>) =>
    (request: Request, ctx: CallContext<Op>): Promise<Value> => run(ctx, (call) => work(project, request, call));
  const alone = <Op extends Operation, Value>(work: (project: Project, call: Call<Op>) => Promise<Value>) =>
    (ctx: CallContext<Op>): Promise<Value> => run(ctx, (call) => work(project, call));
  return Object.assign(bind, { alone });
}
