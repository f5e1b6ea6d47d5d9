import type { Finding } from "@opensds/core";
import * as v from "valibot";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { HttpFailure } from "../transport/failure.js";
import { decode } from "../transport/shapes.js";

const named = v.object({ id: v.string(), name: v.string() });
const groupTypes = v.object({ group_types: v.array(named) });
const volumeTypes = v.object({ volume_types: v.array(named) });

/** Looks at what the backends file says of the cloud beyond the sign-in, where it does. */
export async function examineOptions(project: Project, call: Call<"examine">): Promise<readonly Finding[]> {
  const found = await Promise.all([serviceUser(project, call), groupType(project, call), qosTypes(project, call)]);
  return found.filter((finding) => finding !== undefined);
}

async function serviceUser({ service }: Project, { ctx }: Call<"examine">): Promise<Finding | undefined> {
  if (service === undefined) return undefined;
  const check = "service-user";
  try {
    const { user, roles } = await service.grant(ctx.signal);
    if (roles.includes("service")) return { check, status: "ok", message: `user ${user} of \`serviceAuth\` has the role service` };
    const message = `user ${user} of \`serviceAuth\` has the roles ${roles.join(", ") || "none"}, and clouds ask for the role service`;
    return { check, status: "warning", message, hint: "have it given the role service in its project, or name another user" };
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown;
    return { check, status: "error", message: `the user of \`serviceAuth\` cannot sign in: ${thrown.message}`, hint: "correct `serviceAuth`, or leave it out: attachments that this driver makes need none" };
  }
}

async function groupType(project: Project, call: Call<"examine">): Promise<Finding | undefined> {
  const { groupType: wanted, consistentGroups } = project.config;
  if (wanted === undefined) return undefined;
  const answer = await project.api(call, { method: "GET", path: "/group_types" });
  const known = decode("GET /group_types", answer, groupTypes).group_types;
  if (known.some(({ id, name }) => id === wanted || name === wanted)) {
    const how = consistentGroups ? "whatever their volumes do, as `consistentGroups` says" : "while none of their volumes is attached";
    return { check: "group-type", status: "ok", message: `groups are of type ${wanted}, and cut ${how}` };
  }
  return { check: "group-type", status: "error", message: `there is no group type ${wanted}`, hint: `take one of ${known.map(({ name }) => name).join(", ") || "those that the cloud's operator makes"}` };
}

async function qosTypes(project: Project, call: Call<"examine">): Promise<Finding | undefined> {
  const wanted = Object.keys(project.config.qosTypes);
  if (wanted.length === 0) return undefined;
  const answer = await project.api(call, { method: "GET", path: "/types" });
  const known = decode("GET /types", answer, volumeTypes).volume_types.map(({ name }) => name);
  const missing = wanted.filter((name) => !known.includes(name));
  if (missing.length === 0) return { check: "qos-types", status: "ok", message: `the volume types ${wanted.join(", ")} are there for limits` };
  return { check: "qos-types", status: "error", message: `\`qosTypes\` names volume types that there are none of: ${missing.join(", ")}`, hint: `the cloud has ${known.join(", ")}` };
}
