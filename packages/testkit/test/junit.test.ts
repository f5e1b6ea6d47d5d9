import { describe, expect, it } from "vitest";
import type { Check } from "../src/check.js";
import { escapeXml, toJUnit } from "../src/report/junit.js";
import { runConformance } from "../src/run/run-conformance.js";
import { memoryTarget } from "./support/targets.js";

describe("the JUnit report", () => {
  it("escapes what XML cannot hold", () => {
    expect(escapeXml(`<a b="c">&'`)).toBe("&lt;a b=&quot;c&quot;&gt;&amp;&apos;");
    expect(escapeXml("x\u0000\u001b[31m\ud83d y")).toBe("x\\u0000\\u001b[31m\\ud83d y");
    expect(escapeXml("😀\n")).toBe("😀&#10;");
  });

  it("has one test case for each check, with the failure's story", async () => {
    const checks: readonly Check[] = [
      { id: "CREATE-91", family: "create", level: "basic", title: "works", rules: ["SB-CREATE-1"], run: () => Promise.resolve() },
      {
        id: "CREATE-92",
        family: "create",
        level: "basic",
        title: "does <not> & never",
        rules: ["SB-CREATE-1"],
        run: async (ctx) => ctx.equal((await ctx.create("x")).name, "]]>", "the name"),
      },
      { id: "CREATE-93", family: "create", level: "basic", title: "is skipped", rules: [], run: (ctx) => ctx.skip("no \"moon\"") },
    ];
    const xml = toJUnit(await runConformance(memoryTarget(), { checks }));
    expect(xml).toContain(`tests="3" failures="1" errors="0" skipped="1"`);
    expect(xml).toContain(`<testcase classname="create" name="CREATE-92 does &lt;not&gt; &amp; never"`);
    expect(xml).toContain("]]&gt;");
    expect(xml).toContain("rule      SB-CREATE-1");
    expect(xml).toContain(`<skipped message="no &quot;moon&quot;"/>`);
  });
});
