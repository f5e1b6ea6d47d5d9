import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { BenchPlace } from "./ceph-place.js";

/** What librbd's own binding answers. */
export interface LibrbdAnswer {
  /** Milliseconds, as the peer's own process measured them. */
  readonly ms: readonly number[];
  readonly value: unknown;
}

/** librbd through its own Python binding, in one warm process with one connection. */
export interface Librbd {
  readonly version: string;
  ask(request: Readonly<Record<string, unknown>> & { readonly op: string }): Promise<LibrbdAnswer>;
  close(): Promise<void>;
}

const script = fileURLToPath(new URL("../peers/librbd.py", import.meta.url));
/** Debian's binding is for Debian's own Python. */
const python = "/usr/bin/python3";

/** Starts the peer; installs Debian's binding where it is missing and this is root. */
export async function openLibrbd({ conf, user, keyring, pool }: BenchPlace): Promise<Librbd> {
  await requireBinding();
  const child = spawn(python, [script, conf, user, keyring, pool], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask: Librbd["ask"] = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error(`the librbd peer has ended during ${request.op}`);
    const answer: unknown = JSON.parse(line.value);
    if (isAnswer(answer)) return answer;
    throw new Error(`the librbd peer failed in ${request.op}: ${line.value}`);
  };
  const { value } = await ask({ op: "version" });
  return {
    version: String(value),
    ask,
    close: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

const isAnswer = (value: unknown): value is LibrbdAnswer => typeof value === "object" && value !== null && "ms" in value && Array.isArray(value.ms);

async function requireBinding(): Promise<void> {
  if (existsSync(python) && (await execa(python, ["-c", "import rados, rbd"], { reject: false })).exitCode === 0) return;
  const packages = ["python3-rbd", "python3-rados"];
  const install = ["apt-get", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "install", ...packages];
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) throw new Error(`the peer needs librbd's Python binding: ${install.join(" ")}`);
  console.error(`installing ${packages.join(", ")} ...`);
  const [command = "", ...args] = install;
  await execa(command, args, { env: { DEBIAN_FRONTEND: "noninteractive" } });
}

/** Runs the stock `rbd` command in the place. */
export type Rbd = (...args: readonly string[]) => Promise<string>;

export const openRbd =
  ({ conf, user, keyring, pool }: BenchPlace): Rbd =>
  async (...args) =>
    (await execa("rbd", ["--conf", conf, "--id", user, "--keyring", keyring, "--pool", pool, ...args])).stdout;
