// npm run release:rehearse: publishes to a real registry on this machine, and installs from it as strangers do.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createSteps } from "../lib/steps.js";
import { rehearseExamples } from "./examples.js";
import { rehearseInstalls } from "./installs.js";
import { rehearsePrevious } from "./previous.js";
import { rehearseOtherRuntimes } from "./other-runtimes.js";
import { startRegistry } from "./registry.js";
import { rehearseVersions } from "./rehearse-versions.js";
import { copyRepository, installAndBuild, renameScope } from "./working-copy.js";

/** The scope of the packages: this constant and the one in core's search for drivers are all that names it in code. */
const usualScope = "@opensds";
/** The lines of Node that are supported, each with the version that is tested. */
const nodeVersions = ["20.20.2", "22.23.3", "24.21.0", "26.10.0"];

const { values } = parseArgs({
  options: {
    scope: { type: "string", default: usualScope },
    /** Lines of Node, such as 20,24. */
    nodes: { type: "string", default: "20,22,24,26" },
    /** A commit whose packages stand for the previous release; `none` leaves that out. */
    previous: { type: "string" },
    json: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});
const { scope } = values;
const wanted = values.nodes.split(",").map((line) => {
  const version = nodeVersions.find((one) => one.startsWith(`${line}.`));
  if (version === undefined) throw new Error(`Node ${line} is none of ${nodeVersions.join(", ")}`);
  return version;
});

/** Has a copy of the repository go by the wanted scope; how many files that changes. */
const rename = async (tree: string): Promise<number> => {
  if (scope === usualScope) return 0;
  const files = await renameScope(tree, `${usualScope}/`, `${scope}/`);
  return files + (await renameScope(tree, `"${usualScope}"`, `"${scope}"`));
};

const steps = createSteps();
const folder = await mkdtemp(join(tmpdir(), "opensds-release-"));
const registry = await steps.step("a registry on loopback", () => startRegistry(join(folder, "registry")), ({ url }) => url);
try {
  const tree = await steps.step("a copy of the repository", () => copyRepository(join(folder, "tree")));
  if (scope !== usualScope) {
    await steps.step(`every file calls ${usualScope} ${scope}`, () => rename(tree), (files) => `${files} changes`);
    await steps.step("install and build under that name", () => installAndBuild(tree, true));
  }
  const at = { folder, tree, registry, scope, rename, steps };
  const previous = await rehearsePrevious(at, values.previous);
  const released = await rehearseVersions(at);
  await rehearseInstalls(at, released, wanted);
  await rehearseExamples(at, released.at(-1) ?? "latest");
  await rehearseOtherRuntimes(at, released.at(-1) ?? "latest");
  await previous?.check(released);
} catch (error) {
  if (process.env["DEBUG"] !== undefined) console.error(error);
} finally {
  await registry.stop();
  if (values.keep) console.log(`kept: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}
process.exitCode = await steps.end(values.json);
