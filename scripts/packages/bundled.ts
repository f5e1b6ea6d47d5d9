import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** What a package's built code holds of others although its NOTICE does not give their licence: one line each. */
export async function unnamedInNotice(folder: string): Promise<readonly string[]> {
  const notice = await readFile(join(folder, "NOTICE"), "utf8").catch(() => "");
  const problems: string[] = notice === "" ? [`${folder} has no NOTICE`] : [];
  for (const [name, place] of await bundledIn(join(folder, "dist"))) {
    const licence = (await readdir(place)).find((file) => /^licen[cs]e/i.test(file));
    const text = licence === undefined ? undefined : (await readFile(join(place, licence), "utf8")).trim();
    if (text === undefined || !notice.includes(name) || !notice.includes(text)) {
      problems.push(`${folder} holds code of ${name}: its NOTICE must name it and give its licence`);
    }
  }
  return problems;
}

/** The packages that the source maps of built code name, and where they lie. */
async function bundledIn(dist: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const file of await readdir(dist, { recursive: true })) {
    if (!file.endsWith(".js.map")) continue;
    const map: unknown = JSON.parse(await readFile(join(dist, file), "utf8"));
    const sources: unknown = typeof map === "object" && map !== null && "sources" in map ? map.sources : [];
    for (const source of Array.isArray(sources) ? sources.map(String) : []) {
      const [, place, name] = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(resolve(dist, dirname(file), source)) ?? [];
      if (place !== undefined && name !== undefined) found.set(name, place);
    }
  }
  return found;
}
