import type { BackendFacets, Finding } from "@opensds/core";
import { examineAttachMethods } from "../attachments/attach-methods.js";
import type { Bind } from "../bind.js";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import type { CephConfig } from "../config.js";
import type { Pool } from "../pool.js";
import type { PoolInfo } from "../transport/cluster.js";
import type { PoolUsage } from "../transport/cluster-facts.js";
import { CommandFailure, errno, failedWith } from "../transport/command-failure.js";

/** The oldest release of Ceph that the layout works with. */
const oldestRelease = 16;

/** With less of a pool left, what is promised may not fit. */
const scarceShare = 0.1;

type DoctorCall = Call<"examine">;

/** Looks at the tools, the cluster, the pool, the user's rights, and what this host can attach with. Changes nothing. */
export function doctorFacet(bind: Bind): BackendFacets["doctor"] {
  return { examine: bind.alone(examine) };
}

async function examine(pool: Pool, call: DoctorCall): Promise<readonly Finding[]> {
  const { config } = pool;
  const looks = await together(
    look("ceph-versions", () => versions(pool, call)),
    look("cluster-health", () => clusterHealth(pool, call)),
    ...[...new Set([config.pool, ...(config.dataPool === undefined ? [] : [config.dataPool])])].map((name) =>
      look("pool", () => poolState(pool, call, name)),
    ),
    look("cephx-caps", () => rights(pool, call)),
    examineAttachMethods(config),
  );
  return looks.flat();
}

/** What cannot be looked at is a finding too. */
async function look(check: string, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof CommandFailure)) throw thrown;
    const hint = thrown.missingTool
      ? "install Ceph's command-line tools (Debian: ceph-common)"
      : "look at the cluster's state and at the user's rights; the message is Ceph's own";
    return [{ check, status: "error", message: thrown.message, hint }];
  }
}

async function versions({ facts, transport }: Pool, call: DoctorCall): Promise<readonly Finding[]> {
  const check = "ceph-versions";
  const [client, daemons] = await together(facts.clientVersion(call), facts.versions(call));
  const libraries = transport.libraries?.();
  const through = libraries === undefined ? "" : `, and its dock goes through librados ${libraries.librados} and librbd ${libraries.librbd}`;
  const message = `this host has ${client}${through}; the cluster has ${daemons.join(", ")}`;
  const releases = [client, ...daemons].map(releaseOf);
  if (releases.some((release) => release < oldestRelease)) {
    return [{ check, status: "error", message, hint: `bring everything to Ceph ${oldestRelease} or newer` }];
  }
  if (new Set(releases.slice(1)).size > 1) {
    return [{ check, status: "warning", message, hint: "an upgrade of the cluster is under way or was left half-done: finish it" }];
  }
  return [{ check, status: "ok", message }];
}

const releaseOf = (version: string): number => Number(/ceph version (\d+)/.exec(version)?.[1] ?? Number.POSITIVE_INFINITY);

async function clusterHealth({ facts }: Pool, call: DoctorCall): Promise<readonly Finding[]> {
  const { status, checks } = await facts.health(call);
  const clocks: Finding = checks.some(({ name }) => name === "MON_CLOCK_SKEW")
    ? { check: "clocks", status: "warning", message: "the monitors' clocks differ", hint: "set up NTP on every machine of the cluster and on this host" }
    : { check: "clocks", status: "ok", message: "the monitors' clocks agree" };
  if (status === "HEALTH_OK") return [{ check: "cluster-health", status: "ok", message: "the cluster says HEALTH_OK" }, clocks];
  const message = `the cluster says ${status}: ${checks.map(({ name, summary }) => `${name} (${summary})`).join("; ")}`;
  return [{ check: "cluster-health", status: status === "HEALTH_ERR" ? "error" : "warning", message, hint: "see `ceph health detail`" }, clocks];
}

async function poolState({ config, cluster, facts }: Pool, call: DoctorCall, name: string): Promise<readonly Finding[]> {
  const [applications, usage, pools] = await together(facts.poolApplications(call, name), facts.poolUsage(call, name), cluster.pools(call));
  const application: Finding = applications.includes("rbd")
    ? { check: "pool-application", status: "ok", message: `pool ${name} is marked for rbd` }
    : {
        check: "pool-application",
        status: "warning",
        message: `pool ${name} is not marked for rbd${applications.length > 0 ? ` but for ${applications.join(", ")}` : ""}`,
        hint: `run \`rbd pool init ${name}\`, or name the right pool in the backends file`,
      };
  const found = pools.find((pool) => pool.name === name);
  if (usage === undefined || found === undefined) {
    const hint = "make the pool, or name another one in the backends file";
    return [application, { check: "pool-space", status: "error", message: `the cluster has no pool ${name}`, hint }];
  }
  return [application, ...poolKind(config, found), poolSpace(usage, found)];
}

/** What RBD cannot do in an erasure-coded pool. */
export function poolKind({ pool, dataPool }: Pick<CephConfig, "pool" | "dataPool">, { name, isErasureCoded, takesOverwrites }: PoolInfo): readonly Finding[] {
  if (!isErasureCoded) return [];
  const check = "pool-kind";
  if (name === pool) {
    const hint = `name a replicated pool as \`pool\`, and ${name} as \`dataPool\``;
    return [{ check, status: "error", message: `pool ${name} is erasure-coded, and RBD keeps names and headers in replicated pools only`, hint }];
  }
  if (name === dataPool && !takesOverwrites) {
    const hint = `run \`ceph osd pool set ${name} allow_ec_overwrites true\``;
    return [{ check, status: "error", message: `pool ${name} is erasure-coded and lets nothing be written over: no volume can be made`, hint }];
  }
  return [{ check, status: "ok", message: `pool ${name} is erasure-coded and takes volumes' data` }];
}

function poolSpace({ storedBytes, maxAvailBytes, quotaBytes }: PoolUsage, { name, full }: PoolInfo): Finding {
  const left = quotaBytes === 0 ? maxAvailBytes : Math.min(maxAvailBytes, quotaBytes - storedBytes);
  const message = `pool ${name} has ${storedBytes} bytes stored and room for ${Math.max(0, left)}${quotaBytes === 0 ? "" : ` within its quota of ${quotaBytes}`}`;
  const hint = "delete volumes, purge the trash, raise the quota or add storage";
  if (full) return { check: "pool-space", status: "error", message: `${message}: it is full`, hint };
  if (left < (storedBytes + left) * scarceShare) return { check: "pool-space", status: "warning", message, hint };
  return { check: "pool-space", status: "ok", message };
}

/** Tries what can be tried without changing anything. */
async function rights({ config, rbd, rados, facts }: Pool, call: DoctorCall): Promise<readonly Finding[]> {
  const tried: readonly (readonly [string, string, Promise<unknown>])[] = [
    ["list images", `mon "profile rbd" and osd "profile rbd pool=${config.pool}"`, rbd.list(call)],
    ["write to the pool", `osd "profile rbd pool=${config.pool}"`, rados.probeWrite(call)],
    ["hand work to the manager, which purges large images", `mgr "profile rbd pool=${config.pool}"`, facts.probeManager(call)],
  ];
  await Promise.allSettled(tried.map(([, , work]) => work));
  const findings: Finding[] = [];
  for (const [what, caps, work] of tried) {
    try {
      await work;
    } catch (thrown) {
      if (!failedWith(thrown, errno.EPERM, errno.EACCES)) throw thrown;
      findings.push({ check: "cephx-caps", status: "error", message: `client.${config.user} may not ${what}`, hint: `give it ${caps} with \`ceph auth caps\`` });
    }
  }
  if (findings.length > 0) return findings;
  return [{ check: "cephx-caps", status: "ok", message: `client.${config.user} may ${tried.map(([what]) => what).join(", ")}` }];
}
