import { join } from "node:path";
import { type LabPaths } from "../paths.js";
import { CINDER_PORTS, type PortBlock } from "../ports.js";

/** The pool that Cinder makes its RBD images in, and who Cinder is to Ceph. */
export const CINDER_POOL = "volumes";
export const CINDER_USER = "cinder";
export const REGION = "RegionOne";

/** In the order in which they are started; they end the other way round. */
export const SERVICES = [
  "mariadb",
  "epmd",
  "rabbitmq",
  "keystone",
  "cinder-volume",
  "cinder-scheduler",
  "cinder-api",
  "cinder-api-noauth",
  "keystone-short",
] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface CinderFiles {
  readonly directory: string;
  readonly state: string;
  readonly config: (name: string) => string;
  readonly log: (name: string) => string;
  readonly bin: (name: string) => string;
  readonly data: (name: string) => string;
  /** In the lab's directory for sockets: their addresses must be short. */
  readonly databaseSocket: string;
  /** What a dock's operator has: who may sign in where. Without passwords, which are in `secure`. */
  readonly clouds: string;
  readonly secure: string;
  /** An application credential of an ordinary user: its id, and in a file of its own its secret. */
  readonly credential: string;
  readonly credentialSecret: string;
  /** Cinder's own key in Ceph, which a host needs to reach the volumes. */
  readonly keyring: string;
  readonly cephConf: string;
}

export function cinderFiles(paths: LabPaths): CinderFiles {
  const directory = join(paths.lab, "cinder");
  const inLab = (...parts: string[]): string => join(directory, ...parts);
  return {
    directory,
    state: inLab("state.json"),
    config: (name) => inLab("etc", name),
    log: (name) => inLab("log", name),
    bin: (name) => inLab("bin", name),
    data: (name) => inLab("data", name),
    databaseSocket: join(paths.sockets, "mysqld.sock"),
    clouds: inLab("clouds.yaml"),
    secure: inLab("secure.yaml"),
    credential: inLab("credential.id"),
    credentialSecret: inLab("credential.secret"),
    keyring: inLab(`client.${CINDER_USER}.keyring`),
    cephConf: inLab("ceph.conf"),
  };
}

export interface CinderPorts {
  readonly keystone: number;
  /** A second Keystone on the same database and keys, whose tokens live for seconds. */
  readonly keystoneShort: number;
  readonly cinder: number;
  /** A second Cinder API on the same database, which believes everybody. */
  readonly cinderNoauth: number;
  readonly rabbitmq: number;
  readonly rabbitmqPeers: number;
  readonly epmd: number;
}

/** The last ports of the lab's block. */
export function cinderPorts({ first, count }: PortBlock): CinderPorts {
  const begin = first + count - CINDER_PORTS;
  return {
    keystone: begin,
    keystoneShort: begin + 1,
    cinder: begin + 2,
    cinderNoauth: begin + 3,
    rabbitmq: begin + 4,
    rabbitmqPeers: begin + 5,
    epmd: begin + 6,
  };
}
