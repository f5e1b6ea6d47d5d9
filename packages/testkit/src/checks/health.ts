import { requireFacets } from "@opensds/core";
import type { Check } from "../check.js";
import { withDevice } from "./support/contents.js";
import { writeDevice } from "./support/device-bytes.js";

/** How volumes fare. */
export const healthChecks: readonly Check[] = [
  {
    id: "HEALTH-1",
    family: "health",
    level: "basic",
    title: "A volume uses at least what was written to it, and while it is attached somebody has it open",
    rules: ["SB-HEALTH-1"],
    needs: ["device"],
    facets: ["health"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "health");
      const other = requireFacets(await ctx.open(), "health");
      const volume = await ctx.create("written", ctx.sizes.data);
      const bytes = ctx.random.bytes(4 * 2 ** 20);
      await withDevice(driver, volume, async (device) => {
        await writeDevice(device, 8 * 2 ** 20, bytes);
        for (const dock of [driver, other]) {
          const { used, openedBy, condition } = await dock.health.getHealth({ id: volume.id });
          ctx.ok(used.kind !== "bytes" || used.bytes >= bytes.length, `the volume uses at least the ${bytes.length} bytes that were written`, used);
          ctx.ok(openedBy.length > 0, "somebody has the attached volume open", openedBy);
          ctx.ok(condition !== "failed", "a volume that works has not failed", condition);
        }
      });
      const { used } = await driver.health.getHealth({ id: volume.id });
      ctx.ok(used.kind !== "bytes" || used.bytes >= bytes.length, "the volume uses as much after it was detached", used);
    },
  },
];
