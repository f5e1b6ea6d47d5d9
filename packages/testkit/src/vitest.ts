import { afterAll, describe, it } from "vitest";
import { nothingSelected, prepareFrameworkRun, type DescribeConformanceOptions } from "./run/framework.js";

export type { DescribeConformanceOptions } from "./run/framework.js";

/**
 * Declares one vitest test for each check. A check that cannot be run here is skipped when its turn comes, with the reason
 * shown; a failed one fails with its story. The seed is printed when the target has been opened.
 */
export function describeConformance(title: string, options: DescribeConformanceOptions): void {
  const run = prepareFrameworkRun(title, options);
  describe(title, () => {
    afterAll(() => run.close(), run.marginMs);
    if (run.checks.length === 0) {
      it("has checks", () => {
        throw new Error(nothingSelected);
      });
    }
    for (const check of run.checks) {
      it(`${check.id} ${check.title}`, { timeout: run.timeoutMs }, async (test) => {
        const skipped = await run.run(check);
        if (skipped !== undefined) test.skip(skipped);
      });
    }
  });
}
