import type { CallContext } from "../../driver/call-context.js";
import type { Authored } from "../../facets/authored.js";
import type { ChangedBlocksFacet, ChangedBlocksRequest, ChangedExtent } from "../../facets/changed-blocks.js";
import { changedBlocksRequest } from "../../schema/facet-requests.js";
import { changedExtentSchema } from "../../schema/facet-results.js";
import { checkRequest, checkResult } from "../check.js";
import type { DriverParts } from "../driver-parts.js";
import { withStop } from "../lifecycle.js";
import { runCall } from "../run-call.js";

/**
 * Streams extents. The deadline bounds each step, as with the pages of a list: how long the reader takes between two steps is its own
 * business.
 */
export function changedBlocksCalls(parts: DriverParts, facet: Authored<ChangedBlocksFacet>): ChangedBlocksFacet {
  const { lifecycle, environment, spec } = parts;
  return {
    listChangedBlocks: async function* (given, options) {
      const call = spec("listChangedBlocks");
      const opened = lifecycle.opened(call);
      const request: ChangedBlocksRequest = checkRequest(changedBlocksRequest, given, call);
      const left = new AbortController();
      const bounded = withStop(withStop(options, opened.stop), left.signal);
      let iterator: AsyncIterator<ChangedExtent> | undefined;
      const advance = (ctx: CallContext<"listChangedBlocks">): Promise<IteratorResult<ChangedExtent>> => {
        iterator ??= facet.listChangedBlocks(request, { ...ctx, signal: left.signal })[Symbol.asyncIterator]();
        return iterator.next();
      };
      try {
        for (;;) {
          const step = await lifecycle.track(runCall(spec("listChangedBlocks", request.volumeId), environment, bounded, advance));
          if (step.done === true) return;
          yield checkResult(changedExtentSchema, step.value, call, "extent");
        }
      } finally {
        left.abort();
        await iterator?.return?.();
      }
    },
  };
}
