import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { root } from "../lib/root.js";

/** The last Verdaccio that the oldest supported Node runs. */
const verdaccio = "6.8.0";

/** A registry of this run's own. */
export interface Registry {
  readonly url: string;
  /** What an `.npmrc` says so that packages of the scope come from it and go to it. */
  npmrc(scope: string): string;
  stop(): Promise<void>;
}

/** Starts a real registry on loopback, with all its files under `folder`. It knows nothing but what is published to it. */
export async function startRegistry(folder: string): Promise<Registry> {
  const command = await installed();
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const config = {
    storage: join(folder, "storage"),
    auth: { htpasswd: { file: join(folder, "htpasswd") } },
    uplinks: {},
    packages: { "**": { access: "$all", publish: "$all", unpublish: "$all" } },
    log: { type: "stdout", format: "json", level: "warn" },
    web: { enable: false },
    // The bodies of a publish hold the tarball.
    max_body_size: "100mb",
  };
  const file = join(folder, "verdaccio.yaml");
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [command, "--config", file, "--listen", address], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const url = `http://${address}/`;
  for (let tries = 0; !(await answers(url)); tries += 1) {
    if (child.exitCode !== null || tries > 300) throw new Error(`the registry does not come up: ${said}`);
    await sleep(100);
  }
  return {
    url,
    npmrc: (scope) => `${scope}:registry=${url}\n//${address}/:_authToken=rehearsal\nfund=false\naudit=false\n`,
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await Promise.race([ended, sleep(3_000).then(() => child.kill("SIGKILL"))]);
    },
  };
}

/** Verdaccio's command, installed once and kept beside other caches; it is no part of the workspace, which would carry it everywhere. */
async function installed(): Promise<string> {
  const folder = join(root, "node_modules/.cache", `verdaccio-${verdaccio}`);
  const command = join(folder, "node_modules/verdaccio/bin/verdaccio");
  const complete = join(folder, "complete");
  if (existsSync(complete)) return command;
  await mkdir(folder, { recursive: true });
  // One of its dependencies asks for a dist-tag instead of a version, which not every mirror has.
  const manifest = { private: true, dependencies: { verdaccio }, overrides: { "node-fetch": "2.7.0" } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await execa("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"], { cwd: folder });
  await writeFile(complete, "");
  return command;
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}-/ping`).then(
    ({ ok }) => ok,
    () => false,
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
