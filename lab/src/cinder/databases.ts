import { existsSync } from "node:fs";
import { run, serviceEnvironment } from "../commands.js";
import { type LabPaths } from "../paths.js";
import { cinderFiles } from "./layout.js";
import { PYTHON } from "./services.js";
import { type CinderState } from "./state.js";

const env = serviceEnvironment();
const PATIENCE_MS = 180_000;

/** Makes MariaDB's files where there are none. */
export async function makeDatabaseFiles(paths: LabPaths): Promise<void> {
  const directory = cinderFiles(paths).data("mariadb");
  if (existsSync(`${directory}/mysql`)) return;
  const flags = ["--no-defaults", "--user=root", `--datadir=${directory}`, "--auth-root-authentication-method=normal", "--skip-test-db"];
  await run("mariadb-install-db", flags, { env, timeoutMs: PATIENCE_MS });
}

/** Makes both databases with their tables, and Keystone's keys and first user. MariaDB runs. */
export async function makeSchemas(paths: LabPaths, state: CinderState): Promise<void> {
  const files = cinderFiles(paths);
  const databases = ["cinder", "keystone"].map((name) => `CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb3;`);
  await run("mariadb", ["--no-defaults", "-uroot", `--socket=${files.databaseSocket}`], { env, input: databases.join("\n") });
  await Promise.all([
    run(PYTHON, [files.bin("keystone-init"), files.config("keystone.conf")], { env, input: `${state.adminPassword}\n`, timeoutMs: PATIENCE_MS }),
    run(PYTHON, [files.bin("cinder-manage"), "--config-file", files.config("cinder.conf"), "db", "sync"], { env, timeoutMs: PATIENCE_MS }),
  ]);
}
