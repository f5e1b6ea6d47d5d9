import { existsSync } from "node:fs";
import { execa } from "execa";
import type { Counts } from "./result.js";
import { runReporting } from "./run-command.js";
import { countVitest } from "./read-reports.js";

/** What pages are looked at with; fonts, because a browser without any shows nothing. */
const packages = ["chromium", "fonts-dejavu-core"];
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The tests that look at pages in a real browser, which is installed where that may be done. */
export async function browserTests(vitestArgs: (reportFile: string) => readonly string[]): Promise<Counts> {
  const chromium = await ensureChromium();
  if (typeof chromium === "string") return runReporting("vitest", vitestArgs, countVitest, { SB_BROWSER: "1", SB_CHROMIUM: chromium });
  console.log(`*** the browser tests do NOT run: ${chromium.why}\nTo have them: sudo apt-get install -y --no-install-recommends ${packages.join(" ")}`);
  return { passed: 0, failed: process.env["CI"] === "true" ? 1 : 0, skipped: [`pages in a browser: ${chromium.why}`] };
}

/** The browser's path, or why there is none. */
async function ensureChromium(): Promise<string | { readonly why: string }> {
  const there = found();
  if (there !== undefined) return there;
  if (process.getuid?.() !== 0) return { why: "there is no chromium, and only root may install one" };
  if (!existsSync("/usr/bin/apt-get")) return { why: "there is no chromium, and no apt-get to install one with" };
  console.log(`Installing Debian's packages: ${packages.join(" ")}`);
  const options = { reject: false, stdio: "inherit", env: { DEBIAN_FRONTEND: "noninteractive" }, timeout: 15 * 60_000 } as const;
  await execa("apt-get", ["update", "-q"], options);
  await execa("apt-get", ["install", "-qy", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...packages], options);
  return found() ?? { why: "chromium could not be installed" };
}

const found = (): string | undefined => [process.env["SB_CHROMIUM"] ?? "", ...places].find((path) => path !== "" && existsSync(path));
