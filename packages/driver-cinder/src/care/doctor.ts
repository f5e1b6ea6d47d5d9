import { access, constants } from "node:fs/promises";
import type { Finding } from "@opensds/core";
import * as v from "valibot";
import type { Call } from "../call.js";
import type { CephAccess } from "../config.js";
import { examineOptions } from "./examine-options.js";
import type { Project } from "../project.js";
import { HttpFailure } from "../transport/failure.js";
import { highestKnown, readOnlyAttachments } from "../transport/microversion.js";

const limitsShape = v.object({ limits: v.object({ absolute: v.record(v.string(), v.number()) }) });

/** Looks at everything that could go wrong before it does. */
export async function examine(project: Project, call: Call<"examine">): Promise<readonly Finding[]> {
  const cloud = [signIn(project, call), microversion(project), quota(project, call), rights(project, call)];
  const hosts = project.config.ceph.length === 0 ? [noCeph()] : project.config.ceph.flatMap((ceph) => [keyring(ceph), conf(ceph)]);
  const options = examineOptions(project, call);
  return [...(await Promise.all([...cloud, ...hosts])).filter((finding) => finding !== undefined), ...(await options)];
}

async function signIn({ session, name, endpoint }: Project, call: Call): Promise<Finding> {
  if (session === undefined) {
    return {
      check: "sign-in",
      status: "warning",
      message: `Cinder at ${endpoint} believes everybody who they say they are`,
      hint: "use a cloud with Keystone for anything but tests",
    };
  }
  const { user, roles, lifeMs } = await session.grant(call.ctx.signal);
  const message = `user ${user} of project ${name} with the roles ${roles.join(", ") || "none"}; tokens live ${Math.round(lifeMs / 1_000)} s; Cinder is at ${endpoint}`;
  const writes = roles.some((role) => role === "member" || role === "admin" || role === "manager");
  return writes ? { check: "sign-in", status: "ok", message } : { check: "sign-in", status: "warning", message, hint: "most clouds let the role member make volumes, and none of these roles" };
}

function microversion({ microversion: minor }: Project): Promise<Finding> {
  const message = `Cinder's API 3.${minor}; this driver was tried up to 3.${highestKnown}`;
  if (minor >= readOnlyAttachments) return Promise.resolve({ check: "microversion", status: "ok", message });
  return Promise.resolve({ check: "microversion", status: "warning", message, hint: `read-only attachments need 3.${readOnlyAttachments}: upgrade Cinder, or raise maxMicroversion` });
}

async function quota(project: Project, call: Call): Promise<Finding> {
  try {
    const answer = await project.api(call, { method: "GET", path: "/limits" });
    const { absolute } = v.parse(limitsShape, answer.json).limits;
    const rows = [
      ["volumes", absolute["totalVolumesUsed"], absolute["maxTotalVolumes"]],
      ["GiB", absolute["totalGigabytesUsed"], absolute["maxTotalVolumeGigabytes"]],
      ["snapshots", absolute["totalSnapshotsUsed"], absolute["maxTotalSnapshots"]],
    ] as const;
    const message = `used of the project's quota: ${rows.map(([what, used, limit]) => `${used ?? "?"} of ${limit === undefined || limit < 0 ? "unlimited" : limit} ${what}`).join(", ")}`;
    const tight = rows.find(([, used, limit]) => used !== undefined && limit !== undefined && limit >= 0 && used >= limit * 0.9);
    if (tight === undefined) return { check: "quota", status: "ok", message };
    return { check: "quota", status: "warning", message, hint: `have the quota of ${tight[0]} raised, or delete some` };
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure) && !v.isValiError(thrown)) throw thrown;
    return { check: "quota", status: "warning", message: `the project's quota cannot be read: ${thrown.message}`, hint: "ask the cloud's operator for the right to read limits" };
  }
}

async function rights(project: Project, call: Call): Promise<Finding> {
  try {
    await project.api(call, { method: "GET", path: "/attachments/detail", query: { limit: 1 } });
    return { check: "rights", status: "ok", message: "volumes and attachments can be listed" };
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown;
    return { check: "rights", status: "error", message: `attachments cannot be listed: ${thrown.message}`, hint: "ask the cloud's operator for a role that the policy of attachments allows" };
  }
}

function noCeph(): Promise<Finding> {
  return Promise.resolve({
    check: "ceph-keyring",
    status: "warning",
    message: "the backends file has no keyring for volumes that are in Ceph",
    hint: "where Cinder keeps volumes in Ceph, give `ceph: [{ keyring: PATH }]`: without it they cannot be connected",
  });
}

async function keyring({ keyring: path }: CephAccess): Promise<Finding> {
  if (await isReadable(path)) return { check: "ceph-keyring", status: "ok", message: `the keyring ${path} can be read` };
  return { check: "ceph-keyring", status: "error", message: `the keyring ${path} cannot be read on this host`, hint: "put Cinder's keyring there, readable to the dock" };
}

async function conf({ conf: path }: CephAccess): Promise<Finding | undefined> {
  if (path === undefined) return undefined;
  if (await isReadable(path)) return { check: "ceph-conf", status: "ok", message: `the ceph.conf ${path} can be read` };
  return { check: "ceph-conf", status: "error", message: `the ceph.conf ${path} cannot be read on this host`, hint: "put it there, or leave `conf` out: then one is made of what Cinder says" };
}

const isReadable = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
