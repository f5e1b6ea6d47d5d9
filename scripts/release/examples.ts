import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../lib/root.js";
import { createProject, type Project } from "./project.js";
import type { Rehearsal } from "./rehearsal.js";

/** The examples' own dependencies that are none of the published packages, as their manifests pin them. */
async function foreignDependencies(scope: string): Promise<readonly string[]> {
  const wanted = new Map<string, string>();
  for (const name of ["dock", "ceph-javascript", "tracing"]) {
    const manifest: unknown = JSON.parse(await readFile(join(root, "examples", name, "package.json"), "utf8"));
    for (const field of ["dependencies", "devDependencies"]) {
      const value: unknown = typeof manifest === "object" && manifest !== null ? Object.getOwnPropertyDescriptor(manifest, field)?.value : undefined;
      if (typeof value === "object" && value !== null) for (const [dependency, version] of Object.entries(value)) wanted.set(dependency, String(version));
    }
  }
  return [...wanted].filter(([name]) => !name.startsWith("@opensds/") && !name.startsWith(`${scope}/`)).map(([name, version]) => `${name}@${version}`);
}

/** Runs the examples with the packages of the registry. */
export async function rehearseExamples({ folder, tree, registry, scope, steps }: Rehearsal, version: string): Promise<void> {
  const project = await createProject(join(folder, "examples"), registry.npmrc(scope));
  const own = ["core", "testkit", "driver-ceph"].map((name) => `${scope}/${name}@${version}`);
  await steps.step("examples: install", async () => project.npmInstall(...own, ...(await foreignDependencies(scope))));
  for (const name of ["dock", "ceph-javascript", "tracing"]) await cp(join(tree, "examples", name), join(project.folder, name), { recursive: true });
  await steps.check("example dock: compiles, and its agent survives a SIGKILL between attach and detach", () => dock(project));
  await steps.check("example ceph-javascript: from ESM and from CommonJS, without a cluster", () => cephWithoutCluster(project));
  await steps.check("example tracing: spans on the console", async () => {
    const said = await project.command("tracing/trace.js");
    const names = [...said.matchAll(/name: '(.*)'/g)].map(([, name]) => name);
    for (const one of ["opensds setup", "opensds createVolume", "opensds deleteVolume", "opensds getVolume", "provision"]) {
      if (!names.includes(one)) throw new Error(`there is no span ${one}, only ${names.join(", ")}`);
    }
    if (!said.includes("volume-not-found")) throw new Error("the failure's reason is on no span");
    return `${names.length} spans`;
  });
}

async function cephWithoutCluster(project: Project): Promise<string> {
  await writeFile(join(project.folder, "ceph.yaml"), "backends:\n  ssd: { ceph_driver: { conf: /nowhere/ceph.conf, pool: ssd } }\n");
  for (const script of ["volumes.js", "volumes.cjs"]) {
    const { code, said } = await outcome(project, `ceph-javascript/${script}`, "ceph.yaml", "ssd");
    if (code !== 1 || !said.includes("conf-missing")) throw new Error(`${script} ended with ${String(code)}: ${said}`);
  }
  return "both say what is missing";
}

async function outcome(project: Project, ...args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(project.node, args, { cwd: project.folder, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  await once(child, "close");
  return { code: child.exitCode, said };
}

/** A whole life over HTTP, the agent killed in the middle of it. */
async function dock(project: Project): Promise<string> {
  await project.command("node_modules/typescript/bin/tsc", "-p", "dock");
  const devices = process.platform === "linux" && process.getuid?.() === 0;
  const done: string[] = [];
  // The example's own file, but with directories of this run.
  const file = await readFile(join(project.folder, "dock/backends.yaml"), "utf8");
  await writeFile(join(project.folder, "dock/backends.yaml"), file.replaceAll("/var/lib/opensds", project.folder));
  let agent = await startAgent(project);
  try {
    const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
      const response = await fetch(`${agent.url}${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
      const text = await response.text();
      done.push(`${method} ${path} ${response.status}`);
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    };
    await ask("PUT", "/fast/volumes/db", { sizeBytes: 64 * 1024 ** 2 });
    await ask("PUT", "/slow/volumes/db", { sizeBytes: 64 * 1024 ** 2 });
    if (devices) await ask("PUT", "/fast/volumes/db/mount", { directory: join(project.folder, "mounted") });
    agent.child.kill("SIGKILL");
    await once(agent.child, "exit");
    agent = await startAgent(project);
    if (devices) {
      await expectBody(ask("DELETE", "/fast/volumes/db/mount"), "unmounted", 1);
      await expectBody(ask("DELETE", "/fast/volumes/db/attachment"), "detached", 1);
    }
    for (const backend of ["fast", "slow"]) await ask("DELETE", `/${backend}/volumes/db`);
    const gone = await fetch(`${agent.url}/fast/volumes/db`);
    if (gone.status !== 404) throw new Error(`a deleted volume answers ${gone.status}: ${await gone.text()}`);
    return `${done.length} requests${devices ? ", a mount among them" : " (no device: not root on Linux)"}`;
  } finally {
    agent.child.kill("SIGTERM");
    if (agent.child.exitCode === null && agent.child.signalCode === null) await once(agent.child, "exit");
  }
}

async function expectBody(answer: Promise<unknown>, field: string, value: number): Promise<void> {
  const body = await answer;
  if (typeof body !== "object" || body === null || Object.getOwnPropertyDescriptor(body, field)?.value !== value) {
    throw new Error(`expected ${field} ${value}, got ${JSON.stringify(body)}`);
  }
}

async function startAgent(project: Project): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(project.node, ["dist/main.js", "backends.yaml"], { cwd: join(project.folder, "dock"), stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^listening .*"port":(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout.resume();
    return { child, url: `http://127.0.0.1:${port}` };
  }
  throw new Error("the agent ended without listening");
}
