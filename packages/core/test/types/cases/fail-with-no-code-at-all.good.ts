import type { CallContext } from "@opensds/core";

export const refuse = (ctx: CallContext<"setup">): Error => ctx.fail("UNAVAILABLE", "cluster-unreachable", "nobody answers");
