import type { CallContext } from "@opensds/core";

export const refuse = (ctx: CallContext<"setup">): Error => ctx.fail("EUNAVAILABLE", "cluster-unreachable", "nobody answers"); // TS2345
