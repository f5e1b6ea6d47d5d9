import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { errorCode, usageError } from "./errors.js";

export interface LabPaths {
  /** The directory that `.lab` lies in: the checkout, unless the caller says otherwise. */
  readonly root: string;
  readonly lab: string;
  /** Everything of the Ceph cluster but, maybe, its sockets. */
  readonly ceph: string;
  /** Where drivers under test keep sockets and mount points of this host. */
  readonly host: string;
  readonly backendsFile: string;
  /** Daemons' admin sockets; outside `.lab` when its path is too long for a socket address. */
  readonly sockets: string;
  /** Tells this lab from every other one on the machine, also to programs that see no file of it. */
  readonly fingerprint: string;
}

/** `sun_path` holds 108 bytes with the closing NUL. */
const LONGEST_SOCKET_PATH = 107;
const LONGEST_SOCKET_NAME = "osd.99.asok";

/** Ceph splits key ring paths at these, or expands them, and has no way to escape them. */
const UNUSABLE = /[\s;,="'\\$#]/u;

export interface RootOption {
  /** Default: the environment's OPENSDS_LAB_ROOT, else this checkout. */
  readonly root?: string | undefined;
}

export function labPaths(options: RootOption = {}): LabPaths {
  const root = existingRoot(options.root ?? rootFromEnvironment() ?? checkoutRoot());
  if (UNUSABLE.test(root)) {
    throw usageError(
      `Ceph cannot be given files under ${JSON.stringify(root)}: its settings have no way to write spaces and the ` +
        `characters ; , = " ' \\ $ # in a path. Keep the lab elsewhere: --root DIR, or OPENSDS_LAB_ROOT=DIR.`,
    );
  }
  const lab = join(root, ".lab");
  const ceph = join(lab, "ceph");
  const fingerprint = createHash("sha256").update(root).digest("hex").slice(0, 16);
  return {
    root,
    lab,
    ceph,
    host: join(lab, "host"),
    backendsFile: join(lab, "backends.yaml"),
    sockets: socketDirectory(join(ceph, "run"), fingerprint),
    fingerprint,
  };
}

/** A fixed name, not a random one: a directory made by a killed `up` is found again without any record of it. */
export function socketDirectory(preferred: string, fingerprint: string): string {
  const longest = Buffer.byteLength(join(preferred, LONGEST_SOCKET_NAME));
  return longest <= LONGEST_SOCKET_PATH ? preferred : `/tmp/opensds-lab-${fingerprint}`;
}

function rootFromEnvironment(): string | undefined {
  const root = process.env["OPENSDS_LAB_ROOT"];
  return root === "" ? undefined : root;
}

function checkoutRoot(): string {
  return resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");
}

/** The kernel's tables of mounts and loop devices hold resolved paths, so ours must be resolved too. */
function existingRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch (error) {
    if (errorCode(error) === "ENOENT") throw usageError(`There is no directory ${root} to keep a lab in.`);
    throw error;
  }
}
