import { supports } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { anyCalls, callAnyhow } from "./support/any-call.js";
import { timed } from "./support/held-driver.js";
import { deletedVolume } from "./support/volumes.js";

/**
 * How each operation ends when nothing of what its request names is there: a reason with NOT_FOUND, or success. What takes another
 * thing first (`growAttachment`) or lists is not here.
 */
const endings: Readonly<Record<string, string | null>> = {
  getVolume: "volume-not-found",
  deleteVolume: null,
  connectVolume: "volume-not-found",
  disconnectVolume: null,
  "snapshots.createSnapshot": "volume-not-found",
  "snapshots.getSnapshot": "snapshot-not-found",
  "snapshots.deleteSnapshot": null,
  "expansion.expandVolume": "volume-not-found",
  "qos.modifyVolume": "volume-not-found",
  "qos.getQos": "volume-not-found",
  "groups.createGroup": "volume-not-found",
  "groups.getGroup": "group-not-found",
  "groups.updateGroup": "group-not-found",
  "groups.deleteGroup": null,
  "groups.createGroupSnapshot": "group-not-found",
  "groups.getGroupSnapshot": "group-snapshot-not-found",
  "groups.deleteGroupSnapshot": null,
  "imports.importVolume": "reference-not-found",
  "imports.unmanageVolume": null,
  "trash.undeleteVolume": "volume-not-found",
  "trash.purgeVolume": null,
  "health.getHealth": "volume-not-found",
};

/** What is not there. */
export const missingChecks: readonly Check[] = [
  {
    id: "ERRORS-6",
    family: "errors",
    level: "basic",
    title: "What is asked for and is not there is told by the reason of the operation's table, and giving up what is not there succeeds",
    rules: ["SB-ERROR-7"],
    run: async (ctx) => {
      for (const { operation, request } of anyCalls(ctx)) {
        const reason = endings[operation];
        if (reason === undefined) continue;
        if (operation === "connectVolume" && ctx.manifest.protocols.length === 0) continue;
        const call = callAnyhow(ctx, ctx.driver, operation, request);
        if (reason === null) await succeeds(ctx, operation, call);
        else await ctx.expectError(call, { code: "NOT_FOUND", reason, outcome: "none" }, `${operation} of what is not there`);
      }
      if (supports(ctx.driver, "snapshots")) {
        const ids: string[] = [];
        for await (const { id } of ctx.driver.snapshots.listSnapshots({ sourceVolumeId: (await deletedVolume(ctx)).id })) ids.push(id);
        ctx.equal(ids, [], "the snapshots of a volume that is not there");
      }
    },
  },
];

async function succeeds(ctx: CheckContext, operation: string, call: Promise<unknown>): Promise<void> {
  const { result } = await timed(call);
  if (result.status === "rejected") ctx.fail(`${operation} of what is not there succeeds`, result.reason);
}
