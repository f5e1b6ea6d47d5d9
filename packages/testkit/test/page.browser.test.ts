import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allChecks } from "../src/checks/index.js";
import type { Check } from "../src/check.js";
import { toHtml } from "../src/report/html/to-html.js";
import { runConformance } from "../src/run/run-conformance.js";
import { memoryTarget } from "./support/targets.js";

/** A title and an error that would break a page which does not escape. */
const nasty = `<img src=x onerror="document.title='broken'"></script><script>document.title='broken'</script>`;

const failing: Check = {
  id: "CREATE-90",
  family: "create",
  level: "full",
  title: `A volume of the name ${nasty} is made`,
  rules: ["SB-CREATE-1"],
  run: async (ctx) => {
    const volume = await ctx.create("seen");
    ctx.equal(volume.sizeBytes, nasty, "the size");
  },
};

let browser: Browser;
let address: string;
const directory = mkdtempSync(join(tmpdir(), "page-"));

beforeAll(async () => {
  const checks = [...allChecks.filter(({ family, needs = [] }) => ["manifest", "create", "list"].includes(family) && needs.length === 0), failing];
  const select = { families: ["manifest", "create", "list"] };
  const good = await runConformance(memoryTarget(), { checks: checks.slice(0, -1), select, seed: 7 });
  const sizes = memoryTarget((backend) => ({ getVolume: async (request, ctx) => ({ ...(await backend.getVolume(request, ctx)), sizeBytes: 5 }) }));
  const bad = await runConformance(sizes, { checks, select, seed: 8 });
  expect([good.ok, bad.ok]).toEqual([true, false]);
  const file = join(directory, "page.html");
  writeFileSync(file, toHtml([good, bad]));
  address = pathToFileURL(file).href;
  browser = await chromium.launch({ executablePath: process.env["SB_CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}, 60_000);

afterAll(async () => {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Opens the page as some device would; nothing may be loaded from elsewhere, and no script may fail. */
async function withPage(device: Parameters<Browser["newContext"]>[0], work: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(device);
  try {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => problems.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) problems.push(request.url());
    });
    await page.goto(address);
    await work(page);
    expect(problems).toEqual([]);
    expect(await page.title()).toBe("Southbound conformance: under_test, under_test (2)");
  } finally {
    await context.close();
  }
}

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const levelOf = (id: string): string | undefined => [...allChecks, failing].find((check) => check.id === id)?.level;
const visibleIds = (page: Page): Promise<readonly string[]> => page.evaluate<readonly string[]>(`[...document.querySelectorAll(".check")].filter((row) => row.offsetParent !== null).map((row) => row.id)`);

describe("the page", () => {
  it("shows a column for each report and a row for each check, from file:// and with nothing from elsewhere", () =>
    withPage({ viewport: { width: 1280, height: 900 } }, async (page) => {
      expect(await page.locator(".head span").allTextContents()).toEqual(["Check", "under_test", "under_test (2)"]);
      const row = page.locator("#CREATE-90 > summary .cell");
      expect(await row.locator(".spoken").allTextContents()).toEqual(["not in this run", "failed"]);
      expect(await page.locator(".card .level").allTextContents()).toEqual(["level full", "level none"]);
      expect(await page.locator(".dot").count()).toBeGreaterThan(10);
    }));

  it("filters by status, text, family and level, and says how many are left", () =>
    withPage({ viewport: { width: 1280, height: 900 } }, async (page) => {
      const all = await visibleIds(page);
      await page.locator("label:has(input[value=failed])").click();
      const failed = await visibleIds(page);
      expect(failed).toContain("CREATE-90");
      expect(failed).not.toContain("MANIFEST-1");
      expect(await page.locator(".filters output").textContent()).toBe(`${failed.length} of ${all.length} checks`);
      await page.locator("select[name=level]").selectOption("full");
      expect(await visibleIds(page)).toEqual(failed.filter((id) => levelOf(id) === "full"));
      await page.locator("label:has(input[value=all])").click();
      await page.locator("select[name=level]").selectOption("");
      await page.locator("select[name=family]").selectOption("list");
      expect((await visibleIds(page)).every((id) => id.startsWith("LIST-"))).toBe(true);
      await page.locator("input[type=search]").fill("SB-LIST-4");
      expect(await visibleIds(page)).toEqual(["LIST-3"]);
      await page.locator("input[type=search]").fill("no such thing");
      expect(await page.locator(".nothing").isVisible()).toBe(true);
    }));

  it("tells a failure's story: what was expected, what came, the rule and the calls", () =>
    withPage({ viewport: { width: 1280, height: 900 } }, async (page) => {
      await page.goto(`${address}#CREATE-90`);
      const story = page.locator("#CREATE-90 .story.failed");
      expect(await story.isVisible()).toBe(true);
      expect(await story.locator(".compare pre").first().textContent()).toContain("onerror");
      expect(await page.locator("#CREATE-90 .rules").textContent()).toContain("Creating is keyed by name");
      expect(await story.locator(".calls .call b").allTextContents()).toEqual(["setup", "createVolume"]);
      expect(await story.locator(".again").textContent()).toContain("--only CREATE-90 --seed 8");
    }));

  it("leads from a dot of the plot to its check, and resets the filters that hide it", () =>
    withPage({ viewport: { width: 1280, height: 900 } }, async (page) => {
      await page.locator("label:has(input[value=failed])").click();
      await page.locator('.slowest a:not([href="#CREATE-90"])').first().click();
      const id = (await page.evaluate<string>("location.hash")).slice(1);
      expect(await page.locator(`#${id} .inside`).isVisible()).toBe(true);
    }));

  it("can be read on a phone: nothing is wider than the screen, and each cell names its driver", () =>
    withPage(phone, async (page) => {
      await page.evaluate(`for (const row of document.querySelectorAll(".check")) row.open = true`);
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(390);
      const cell = page.locator("#MANIFEST-1 > summary .who").first();
      expect(await cell.isVisible()).toBe(true);
      const heights = await page.evaluate<readonly number[]>(`[...document.querySelectorAll(".filters select, .filters label span")].map((control) => control.getBoundingClientRect().height)`);
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(34);
    }));

  it("keeps its contrast in the dark", () =>
    withPage({ ...phone, colorScheme: "dark" }, async (page) => {
      const read = (property: string): Promise<string> => page.evaluate<string>(`getComputedStyle(document.body).${property}`);
      const [ink = [], paper = []] = [await read("color"), await read("backgroundColor")].map((colour) => (colour.match(/\d+/g) ?? []).slice(0, 3).map(Number));
      expect(contrast(ink, paper)).toBeGreaterThan(7);
    }));
});

/** WCAG's ratio of two colours. */
function contrast(one: readonly number[], other: readonly number[]): number {
  const luminance = (colour: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = colour.map((channel) => (channel / 255 <= 0.03928 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((first, second) => first - second);
  return (high + 0.05) / (low + 0.05);
}
