import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { execa } from "execa";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../lib/root.js";

const built = join(root, "docs/.vitepress/dist");
const types: Readonly<Record<string, string>> = {
  ...{ ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json", ".woff2": "font/woff2" },
};

let browser: Browser;
let server: Server;
let address: string;

beforeAll(async () => {
  await execa("vitepress", ["build", "docs"], { cwd: root, preferLocal: true, localDir: root });
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://site");
    const file = join(built, pathname.endsWith("/") ? `${pathname}index.html` : extname(pathname) in types ? pathname : `${pathname}.html`);
    readFile(file).then(
      (content) => response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(content),
      () => response.writeHead(404).end(),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const place = server.address();
  if (place === null || typeof place === "string") throw new Error("no address");
  address = `http://127.0.0.1:${place.port}`;
  browser = await chromium.launch({ executablePath: process.env["SB_CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}, 200_000);

afterAll(async () => {
  await browser.close();
  server.close();
});

/** Opens the site; nothing may be asked of another server, everything that is asked for must be there, and no script may fail. */
async function withPage(path: string, work: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  // Two cores that build, test and browse at once are slow, not broken.
  context.setDefaultTimeout(60_000);
  try {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("response", (response) => {
      if (!response.url().startsWith(address) || response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(address + path);
    await work(page);
    expect(problems).toEqual([]);
  } finally {
    await context.close();
  }
}

describe("the site", () => {
  it("leads from its first page to the first hour of a dock, with the code as the page has it", () =>
    withPage("/", async (page) => {
      await page.getByRole("link", { name: "Getting started" }).first().click();
      await page.waitForURL("**/getting-started**");
      expect(await page.locator("h1").innerText()).toContain("Getting started as a dock");
      expect(await page.locator("div.language-js code").first().innerText()).toContain("await driver.setup();");
    }));

  it("finds a reason of an error by its search", () =>
    withPage("/", async (page) => {
      await page.locator(".VPNavBarSearch button").first().click();
      await page.locator("input.search-input").fill("volume-attached-elsewhere");
      const hit = page.locator(".results a.result").first();
      await hit.waitFor();
      const found = await page.evaluate<readonly string[]>(`[...document.querySelectorAll(".results a.result")].map((link) => link.getAttribute("href"))`);
      expect(found).toEqual(expect.arrayContaining([expect.stringMatching(/errors/)]));
    }));

  it("shows the picture of the architecture", () =>
    withPage("/architecture", async (page) => {
      const picture = page.locator("main img");
      await picture.waitFor();
      expect(await page.evaluate<number>(`document.querySelector("main img").naturalWidth`)).toBe(760);
    }));

  it("has the specification, the API and the decisions, and links of files outside lead to the sources", () =>
    withPage("/spec/southbound-v0.01", async (page) => {
      expect(await page.locator("h1").innerText()).toContain("OpenSDS southbound interface");
      await page.goto(`${address}/api/core`);
      expect(await page.locator("#openbackends ~ p").first().innerText()).toContain("Reads and checks a backends file");
      expect(await page.locator("#openbackendsoptions ~ table").first().innerText()).toContain("Drivers to use without looking for packages");
      await page.goto(`${address}/decisions/0002-cells-on-the-image-header`);
      expect(await page.locator("h1").innerText()).toContain("cells on the image");
      await page.goto(`${address}/writing-a-driver`);
      expect(await page.getByRole("link", { name: "examples/third-party-driver" }).getAttribute("href")).toMatch(/^https:\/\/github\.com\/.*\/examples\/third-party-driver$/);
    }));
});
