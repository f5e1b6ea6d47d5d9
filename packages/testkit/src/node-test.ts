import { after, describe, it } from "node:test";
import { nothingSelected, prepareFrameworkRun, type DescribeConformanceOptions } from "./run/framework.js";

export type { DescribeConformanceOptions } from "./run/framework.js";

/**
 * Declares one test of Node's own runner (`node --test`) for each check. A check that cannot be run here is skipped when its turn
 * comes, with the reason shown; a failed one fails with its story. The seed is printed when the target has been opened.
 */
export function describeConformance(title: string, options: DescribeConformanceOptions): void {
  const run = prepareFrameworkRun(title, options);
  void describe(title, () => {
    after(() => run.close(), { timeout: run.marginMs });
    if (run.checks.length === 0) {
      void it("has checks", () => {
        throw new Error(nothingSelected);
      });
    }
    for (const check of run.checks) {
      void it(`${check.id} ${check.title}`, { timeout: run.timeoutMs }, async (test) => {
        const skipped = await run.run(check);
        if (skipped !== undefined) test.skip(skipped);
      });
    }
  });
}
