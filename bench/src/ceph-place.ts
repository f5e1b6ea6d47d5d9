import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adminCeph, adminRbd } from "@opensds/lab";
import { labCeph } from "./lab.js";

/** Where figures are taken: a pool of its own in the lab's cluster, and a user who has no right to anything else. */
export interface BenchPlace {
  readonly conf: string;
  readonly user: string;
  readonly keyring: string;
  readonly pool: string;
  /** Ceph's release. */
  readonly version: string;
  /** Takes the pool, with all that is in it, and the user away. */
  remove(): Promise<void>;
}

/** Makes the place; brings the lab's Ceph up where it is not. */
export async function openPlace(): Promise<BenchPlace> {
  const lab = await labCeph();
  const pool = `bench-${process.pid}`;
  const user = pool;
  const folder = await mkdtemp(join(tmpdir(), "opensds-bench-"));
  const keyring = join(folder, "keyring");
  const rights = ["mon", "profile rbd", "osd", `profile rbd pool=${pool}`, "mgr", `profile rbd pool=${pool}`];
  await adminCeph(["osd", "pool", "create", pool, "8"]);
  await adminRbd(["pool", "init", pool]);
  // Ceph reads no last line without an end.
  await writeFile(keyring, `${await adminCeph(["auth", "get-or-create", `client.${user}`, ...rights])}\n`, { mode: 0o600 });
  await chmod(keyring, 0o600);
  return {
    conf: lab.conf,
    user,
    keyring,
    pool,
    version: lab.version ?? "unknown",
    remove: async () => {
      await adminCeph(["osd", "pool", "delete", pool, pool, "--yes-i-really-really-mean-it"]);
      await adminCeph(["auth", "del", `client.${user}`]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
