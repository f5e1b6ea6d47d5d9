import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { type Cloud, CloudMistake } from "./cloud.js";
import { cloudFrom } from "./cloud-settings.js";

type Mapping = Readonly<Record<string, unknown>>;

/** The cloud of a name in a clouds.yaml, with the secrets of the secure.yaml beside it. */
export async function readCloud(name: string, file: string | undefined, environment: Readonly<Record<string, string | undefined>>): Promise<Cloud> {
  const tried = searchPath(file, environment);
  for (const path of tried) {
    const clouds = await readClouds(path);
    if (clouds === undefined) continue;
    const open = clouds[name];
    if (!isMapping(open)) throw new CloudMistake(`${path} has no cloud ${name}; it has ${Object.keys(clouds).join(", ") || "none"}`);
    const hidden = (await readClouds(secureBeside(path, environment)))?.[name];
    return cloudFrom(isMapping(hidden) ? merge(open, hidden) : open, `cloud ${name} in ${path}`);
  }
  throw new CloudMistake(`there is no clouds.yaml for the cloud ${name}; looked for ${tried.join(", ")}`);
}

/** The places that OpenStack's own clients look in, in their order. */
function searchPath(file: string | undefined, environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const given = file ?? environment["OS_CLIENT_CONFIG_FILE"];
  if (given !== undefined && given !== "") return [given];
  const user = environment["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  return [process.cwd(), join(user, "openstack"), "/etc/openstack"].flatMap((directory) => [join(directory, "clouds.yaml"), join(directory, "clouds.yml")]);
}

function secureBeside(path: string, environment: Readonly<Record<string, string | undefined>>): string {
  const given = environment["OS_CLIENT_SECURE_FILE"];
  return given === undefined || given === "" ? join(dirname(path), "secure.yaml") : given;
}

async function readClouds(path: string): Promise<Mapping | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new CloudMistake(`${path} cannot be read: ${error instanceof Error && "code" in error ? String(error.code) : "unknown error"}`);
  }
  let content: unknown;
  try {
    content = parse(text);
  } catch {
    // The parser's own words quote the text, and with it perhaps a password.
    throw new CloudMistake(`${path} is no YAML`);
  }
  const clouds = isMapping(content) ? content["clouds"] : undefined;
  if (!isMapping(clouds)) throw new CloudMistake(`${path} has no mapping \`clouds\``);
  return clouds;
}

function merge(base: Mapping, over: Mapping): Mapping {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    merged[key] = isMapping(before) && isMapping(value) ? merge(before, value) : value;
  }
  return merged;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
