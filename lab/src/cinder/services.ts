import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import { lastLines, serviceEnvironment } from "../commands.js";
import { LabError } from "../errors.js";
import { readIfThere } from "../files.js";
import { type LabPaths } from "../paths.js";
import { labProcesses, type LabProcess } from "../processes.js";
import { waitUntil } from "../wait.js";
import { cinderFiles, type CinderPorts, type ServiceName } from "./layout.js";

/** Cinder and Keystone are Debian's Python packages, which another interpreter on the path does not see. */
export const PYTHON = "/usr/bin/python3";

interface Service {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What the process is to call itself, where nothing else in its arguments tells whose it is. */
  readonly argv0?: string;
  /** As it shows in the process table. */
  readonly program: string;
  /** An argument that only this service of this lab has. */
  readonly mark: string;
  /** The port that it serves on, or undefined where a file tells. */
  readonly port?: number;
}

function serviceOf(paths: LabPaths, ports: CinderPorts, name: ServiceName): Service {
  const files = cinderFiles(paths);
  const python = (program: string, conf: string, port?: number): Service => ({
    file: PYTHON,
    args: [files.bin(program), "--config-file", files.config(conf), "--log-file", files.log(`${name}.log`)],
    // librbd, which has no other way to be told.
    env: { CEPH_CONF: files.cephConf },
    program,
    mark: files.log(`${name}.log`),
    ...(port !== undefined && { port }),
  });
  const keystone = (conf: string, port: number): Service => ({
    file: "uwsgi_python3",
    args: ["--ini", files.config(`${name}.ini`)],
    env: { OS_KEYSTONE_CONFIG_FILES: files.config(conf) },
    program: "uwsgi_python3",
    mark: files.config(`${name}.ini`),
    port,
  });
  switch (name) {
    case "mariadb": {
      const socket = `--socket=${files.databaseSocket}`;
      return {
        file: "mariadbd",
        args: [
          ...["--no-defaults", "--user=root", `--datadir=${files.data("mariadb")}`, socket, "--skip-networking"],
          ...[`--pid-file=${files.data("mariadb.pid")}`, `--log-error=${files.log("mariadb.log")}`],
          // What a power cut would lose is of no use either after the lab's.
          ...["--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--skip-name-resolve", "--performance-schema=off"],
        ],
        program: "mariadbd",
        mark: socket,
      };
    }
    case "epmd": {
      const argv0 = files.bin("epmd");
      return {
        file: "epmd",
        args: ["-address", "127.0.0.1", "-port", String(ports.epmd)],
        argv0,
        program: "epmd",
        mark: argv0,
        port: ports.epmd,
      };
    }
    case "rabbitmq": {
      const home = files.data("rabbitmq");
      return {
        file: "/usr/lib/rabbitmq/bin/rabbitmq-server",
        args: [],
        env: {
          HOME: home,
          // It then becomes the broker itself, without a shell that waits for it.
          RABBITMQ_ALLOW_INPUT: "1",
          RABBITMQ_CONF_ENV_FILE: "/dev/null",
          RABBITMQ_NODENAME: "opensds@localhost",
          RABBITMQ_CONFIG_FILE: files.config("rabbitmq.conf"),
          RABBITMQ_ENABLED_PLUGINS_FILE: files.config("rabbitmq-plugins"),
          RABBITMQ_MNESIA_BASE: `${home}/mnesia`,
          RABBITMQ_LOG_BASE: files.log("rabbitmq"),
          RABBITMQ_PID_FILE: `${home}/pid`,
          RABBITMQ_DIST_PORT: String(ports.rabbitmqPeers),
          RABBITMQ_SERVER_START_ARGS: "",
          ERL_EPMD_PORT: String(ports.epmd),
          ERL_EPMD_ADDRESS: "127.0.0.1",
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
            `-noinput -opensds_lab ${home}/mnesia +sbwt none +sbwtdcpu none +sbwtdio none +S 2:2 -kernel inet_dist_use_interface {127,0,0,1}`,
        },
        program: "beam.smp",
        mark: `${home}/mnesia`,
        port: ports.rabbitmq,
      };
    }
    case "keystone":
      return keystone("keystone.conf", ports.keystone);
    case "keystone-short":
      return keystone("keystone-short.conf", ports.keystoneShort);
    case "cinder-volume":
    case "cinder-scheduler":
      return python(name, "cinder.conf");
    case "cinder-api":
      return python("cinder-api", "cinder.conf", ports.cinder);
    case "cinder-api-noauth":
      return python("cinder-api", "cinder-noauth.conf", ports.cinderNoauth);
  }
}

/** The options of the web server that Keystone runs in, one process: it caches in its memory. */
export function renderWebServer(port: number): string {
  const options = {
    "http-socket": `127.0.0.1:${port}`,
    "wsgi-file": "/usr/bin/keystone-wsgi-public",
    master: true,
    processes: 1,
    "enable-threads": true,
    "lazy-apps": true,
    "buffer-size": 65_535,
    "die-on-term": true,
    "need-app": true,
    "add-header": "Connection: close",
    "disable-logging": true,
  };
  return `[uwsgi]\n${Object.entries(options).map(([key, value]) => `${key} = ${value}\n`).join("")}`;
}

/** Every process of a service: some have children of the same name, the eldest comes first. */
export function findService(paths: LabPaths, ports: CinderPorts, name: ServiceName): readonly LabProcess[] {
  const { program, mark } = serviceOf(paths, ports, name);
  return labProcesses(paths.lab)
    .filter((process) => process.program === program && process.args.includes(mark))
    .sort((a, b) => Number(a.startTime) - Number(b.startTime) || a.pid - b.pid);
}

/** Starts a service that does not run; does not wait until it serves. Returns what tells how it ended, if it has. */
export function startService(paths: LabPaths, ports: CinderPorts, name: ServiceName): () => string | undefined {
  const service = serviceOf(paths, ports, name);
  if (findService(paths, ports, name).length > 0) return () => undefined;
  const output = openSync(cinderFiles(paths).log(`${name}.out`), "a", 0o600);
  let ended: string | undefined;
  try {
    const child = spawn(service.file, service.args, {
      detached: true,
      cwd: "/",
      env: { ...serviceEnvironment(), ...service.env },
      stdio: ["ignore", output, output],
      ...(service.argv0 !== undefined && { argv0: service.argv0 }),
    });
    child.once("error", (error) => (ended = error.message));
    child.once("exit", (code, signal) => (ended = signal ?? `exit code ${code ?? "unknown"}`));
    child.unref();
  } finally {
    closeSync(output);
  }
  return () => ended;
}

/** Waits until a service that was started listens; fails at once when it has ended. */
export async function waitForService(
  paths: LabPaths,
  ports: CinderPorts,
  name: ServiceName,
  ended: () => string | undefined,
): Promise<void> {
  await waitUntil(
    async () => {
      const how = ended();
      if (how !== undefined) throw new LabError(`${name} ended at once (${how}).\n${lastWords(paths, name)}`);
      return isServing(paths, ports, name);
    },
    { timeoutMs: 120_000, everyMs: 100, what: () => `${name} does not serve.\n${lastWords(paths, name)}` },
  );
}

/** Whether it runs and, where it listens, takes connections. */
export async function isServing(paths: LabPaths, ports: CinderPorts, name: ServiceName): Promise<boolean> {
  const [eldest] = findService(paths, ports, name);
  if (eldest === undefined || eldest.paused) return false;
  if (name === "mariadb") return accepts({ path: cinderFiles(paths).databaseSocket });
  const { port } = serviceOf(paths, ports, name);
  return port === undefined || accepts({ port, host: "127.0.0.1" });
}

function accepts(address: { readonly path: string } | { readonly port: number; readonly host: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.on("error", () => finish(false));
    socket.on("connect", () => finish(true));
  });
}

export function lastWords(paths: LabPaths, name: ServiceName): string {
  const files = cinderFiles(paths);
  const said = [`${name}.out`, `${name}.log`].map((file) => readIfThere(files.log(file))?.trim() ?? "").find((text) => text !== "");
  return lastLines(said ?? "It has written no log.");
}
