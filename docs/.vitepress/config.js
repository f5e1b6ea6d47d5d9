import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { writeApiPages } from "../../scripts/docs/api/write-pages.ts";

const docs = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = "https://github.com/opensds/southbound/blob/main/";

/** A page of the side bar, called by its own heading. */
function page(path) {
  const heading = /^# (.*)$/m.exec(readFileSync(join(docs, path), "utf8"))?.[1];
  return { text: heading ?? path, link: `/${path.replace(/\.md$/, "")}` };
}

/** The pages of a folder, in the order of their names. */
const folder = (path) =>
  readdirSync(join(docs, path))
    .filter((file) => file.endsWith(".md") && file !== "index.md")
    .sort()
    .map((file) => page(`${path}/${file}`));

// Written anew each time, out of the built declarations.
const api = (await writeApiPages()).map(({ entry, path }) => ({ text: entry, link: `/${path.replace(/\.md$/, "")}` }));

export default defineConfig({
  title: "OpenSDS southbound",
  description: "The typed southbound driver SDK for storage",
  lang: "en",
  base: process.env.DOCS_BASE ?? "/",
  // For reviews of changes: the pages of `api` say it for readers.
  srcExclude: ["api-report/**"],
  // What the pages say in angle brackets is text.
  markdown: {
    html: true,
    config: (md) => {
      const render = md.renderer.rules.link_open;
      // Links to folders, and to files outside this one, lead to the sources.
      md.renderer.rules.link_open = (tokens, index, options, env, self) => {
        const token = tokens[index];
        const target = token.attrGet("href") ?? "";
        const path = relative(docs, join(docs, dirname(env.relativePath ?? ""), target)).replaceAll("\\", "/");
        const elsewhere = path.startsWith("../") || target.endsWith("/");
        if (elsewhere && !/^([a-z]+:|#|\/)/.test(target)) token.attrSet("href", sources + join("docs", path).replaceAll("\\", "/"));
        return render === undefined ? self.renderToken(tokens, index, options) : render(tokens, index, options, env, self);
      };
    },
  },
  themeConfig: {
    search: { provider: "local" },
    nav: [
      { text: "Getting started", link: "/getting-started" },
      { text: "Errors", link: "/errors" },
      { text: "Specification", link: "/spec/southbound-v0.01" },
    ],
    sidebar: [
      { text: "Docks", items: ["getting-started.md", "first-hour.md", "backends-file.md", "errors.md", "operating.md"].map(page) },
      { text: "Drivers", items: ["writing-a-driver.md", "conformance.md", "csi-sanity.md"].map(page) },
      { text: "How it works", items: [page("architecture.md"), page("spec/southbound-v0.01.md"), ...folder("spec/bindings")] },
      { text: "Decisions", collapsed: true, items: folder("decisions") },
      { text: "API", collapsed: true, items: api },
    ],
    outline: [2, 3],
  },
});
