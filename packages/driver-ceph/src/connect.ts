import { access, constants, readFile } from "node:fs/promises";
import type { CallContext } from "@opensds/core";
import { together } from "./bounded.js";
import { openClientFiles } from "./client-files.js";
import { openCall, type Call } from "./call.js";
import type { CephConfig } from "./config.js";
import { toSouthbound } from "./errors.js";
import { readPassphrase } from "./passphrase.js";
import type { Pool } from "./pool.js";
import { CommandFailure, errno, failedWith } from "./transport/command-failure.js";
import { createFacetDoors } from "./transport/facet-doors.js";
import { ConnectFailure } from "./transport/native/native-failures.js";
import { openTransport } from "./transport/open-transport.js";
import type { Transport } from "./transport/transport.js";

type SetupCall = Call<"setup">;

/** Proves that the tools, the files, the cluster, the pool and the user's rights are there; changes nothing. */
export async function openPool(configured: CephConfig, ctx: CallContext<"setup">): Promise<Pool> {
  const call = openCall(ctx);
  const { config, close: closeFiles } = await openClientFiles(configured);
  let transport: Transport | undefined;
  const close = async (): Promise<void> => {
    await transport?.close();
    await closeFiles();
  };
  try {
    await proveFiles(config, call);
    transport = await openTransport(config, call);
    const { rbd, rados, images, cluster } = transport;
    const [{ fsid, monitors }, pools] = await together(cluster.monitors(call), cluster.pools(call));
    const found = pools.find(({ name }) => name === config.pool);
    const known = pools.map(({ name }) => name);
    if (found === undefined) throw poolNotFound(call, config.pool, known);
    if (config.dataPool !== undefined && !known.includes(config.dataPool)) throw poolNotFound(call, config.dataPool, known);
    await proveNamespace(config, call, rbd);
    await together(rbd.list(call), rados.probeWrite(call));
    transport.proved?.();
    const place = { fsid, poolId: found.id, namespace: config.namespace };
    const doors = createFacetDoors(config);
    return { config, place, monitors, transport, rbd, rados, images, cluster, ...doors, trash: { ...doors.trash, ...transport.trash }, close };
  } catch (thrown) {
    const explained = await explain(config, call, transport, thrown);
    await close();
    throw explained;
  }
}

async function proveFiles(config: CephConfig, { ctx }: SetupCall): Promise<void> {
  if (!(await isReadable(config.conf))) {
    const message = `there is no readable ceph.conf at ${config.conf}; set \`conf\` in the backends file, or CEPH_CONF`;
    throw ctx.fail("FAILED_PRECONDITION", "conf-missing", message, { outcome: "none", recovery: "operator", resource: config.conf });
  }
  if (config.keyring !== undefined && !(await isReadable(config.keyring))) {
    throw keyringMissing(config, ctx, `there is no readable keyring at ${config.keyring}`);
  }
  if (config.encryption !== undefined) await readPassphrase(config.encryption, ctx);
}

const isReadable = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );

/** A namespace that is not there is told by its name, with those that are. */
async function proveNamespace(config: CephConfig, call: SetupCall, rbd: Pool["rbd"]): Promise<void> {
  if (config.namespace === "") return;
  const namespaces = await rbd.namespaces(call);
  if (namespaces.includes(config.namespace)) return;
  const { pool, namespace } = config;
  const known = namespaces.length === 0 ? "none" : namespaces.join(", ");
  throw call.ctx.fail("NOT_FOUND", "namespace-not-found", `pool ${pool} has no namespace ${namespace}; it has ${known}`, {
    resource: namespace,
    outcome: "none",
    recovery: "operator",
  });
}

function poolNotFound({ ctx }: SetupCall, pool: string, known: readonly string[]): Error {
  const message = `the cluster has no pool ${pool}; it has ${known.join(", ") || "none"}`;
  return ctx.fail("NOT_FOUND", "pool-not-found", message, { resource: pool, outcome: "none", recovery: "operator" });
}

function keyringMissing(config: CephConfig, ctx: CallContext<"setup">, what: string, cause?: unknown): Error {
  const named = config.monitors === undefined ? `mend the one that ${config.conf} names` : "put one where Ceph's programs look for it";
  const message = `${what}; set \`keyring\` in the backends file to a keyring that holds client.${config.user}, or \`key\`, or ${named}`;
  return ctx.fail("FAILED_PRECONDITION", "keyring-missing", message, { outcome: "none", recovery: "operator", cause });
}

/** The errors that only connecting has; the rest are those of every operation. */
async function explain(config: CephConfig, call: SetupCall, transport: Transport | undefined, thrown: unknown): Promise<unknown> {
  if (thrown instanceof CommandFailure && !thrown.missingTool) {
    // Without a key the cluster is told of no user, and answers as to a wrong key.
    if (failedWith(thrown, errno.EPERM, errno.EACCES, errno.ENOENT) && !(await holdsKey(config, await keyringsOf(config, call, transport, thrown)))) {
      return keyringMissing(config, call.ctx, `no keyring holds a key of client.${config.user}`, thrown);
    }
    if (call.ctx.remainingMs() === 0 || /timed out|ObjectNotFound|TimedOut/.test(thrown.detail)) {
      return toSouthbound(call, config, new CommandFailure(thrown.command, errno.ETIMEDOUT, thrown.detail));
    }
  }
  return toSouthbound(call, config, thrown);
}

async function holdsKey({ user }: CephConfig, paths: readonly string[]): Promise<boolean> {
  const contents = await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")));
  return contents.some((content) => content.includes(`[client.${user}]`));
}

async function keyringsOf(config: CephConfig, call: SetupCall, transport: Transport | undefined, thrown: unknown): Promise<readonly string[]> {
  if (config.keyring !== undefined) return [config.keyring];
  if (thrown instanceof ConnectFailure) return thrown.keyrings;
  return (await transport?.cluster.keyrings(call).catch(() => [])) ?? [];
}
