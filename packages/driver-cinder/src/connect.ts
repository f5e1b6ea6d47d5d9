import { readFile } from "node:fs/promises";
import type { CallContext } from "@opensds/core";
import { volumeEndpoint } from "./auth/catalogue.js";
import { CloudMistake, type Cloud } from "./auth/cloud.js";
import { findCloud, fromOptions } from "./auth/find-cloud.js";
import { createSession, type Session } from "./auth/session.js";
import { openCall, type Call } from "./call.js";
import type { CinderConfig } from "./config.js";
import { toSouthbound } from "./errors.js";
import { createPaces } from "./poll.js";
import type { Project } from "./project.js";
import { createApi } from "./transport/api.js";
import { createGroups } from "./transport/groups.js";
import { createHttp, type Http } from "./transport/http.js";
import { highestKnown, lowestUsable, minorOf, offeredVersions, type Microversion } from "./transport/microversion.js";
import { createSnapshots } from "./transport/snapshots.js";
import { isShared } from "./transport/volume-types.js";
import { createVolumes } from "./transport/volumes.js";
import { createLooks } from "./volumes/looks.js";

/** Signs in, finds Cinder, settles the microversion and proves that the user may list volumes; changes nothing. */
export async function openProject(config: CinderConfig, ctx: CallContext<"setup">): Promise<Project> {
  const call = openCall(ctx);
  let http: Http | undefined;
  try {
    const cloud = await findCloud(config);
    http = createHttp({ ca: await certificates(cloud, ctx), verify: cloud.verify });
    const place = await findProject(cloud, http, ctx);
    const microversion = await settleVersion(config, place.endpoint, http, call);
    const { session, endpoint, id, name, noauthToken } = place;
    const service = serviceOf(config, http);
    const api = createApi({ http, endpoint, microversion, session, service, noauthToken, requestTimeoutMs: config.requestTimeoutMs });
    const volumes = createVolumes(api);
    const sharedByDefault = await isShared(api, call, config.volumeType);
    if ((await volumes.page(call, { limit: 1 })) === undefined) throw new CloudMistake(`Cinder at ${endpoint} knows no such project; look at its id`);
    return { config, id, name, endpoint, microversion, sharedByDefault, session, service, http, api, volumes, snapshots: createSnapshots(api), groups: createGroups(api), looks: createLooks(volumes, config.requestTimeoutMs), paces: createPaces() };
  } catch (thrown) {
    http?.close();
    if (thrown instanceof CloudMistake) {
      throw ctx.fail("FAILED_PRECONDITION", "conf-missing", thrown.message, { outcome: "none", recovery: "operator" });
    }
    throw await toSouthbound(call, undefined, thrown);
  }
}

async function certificates({ caFile }: Cloud, ctx: CallContext<"setup">): Promise<string | undefined> {
  if (caFile === undefined) return undefined;
  try {
    return await readFile(caFile, "utf8");
  } catch (cause) {
    const message = `there is no readable file of certificates at ${caFile}; correct \`caFile\`, or the cloud's \`cacert\``;
    throw ctx.fail("FAILED_PRECONDITION", "conf-missing", message, { outcome: "none", recovery: "operator", resource: caFile, cause });
  }
}

/** Signs in when it is first needed. */
function serviceOf({ serviceAuth }: CinderConfig, http: Http): Session | undefined {
  if (serviceAuth === undefined) return undefined;
  const cloud = fromOptions(serviceAuth, "serviceAuth");
  if (cloud.auth === "noauth") throw new CloudMistake("`serviceAuth` is for a cloud with Keystone; give a user with the role `service`, or leave it out");
  return createSession(http, cloud);
}

interface Place {
  readonly session: Session | undefined;
  readonly endpoint: string;
  readonly id: string;
  readonly name: string;
  readonly noauthToken: string;
}

async function findProject(cloud: Cloud, http: Http, ctx: CallContext<"setup">): Promise<Place> {
  if (cloud.auth === "noauth") {
    const { projectId, userId } = cloud;
    return { session: undefined, endpoint: `${cloud.endpoint.replace(/\/+$/u, "")}/${projectId}`, id: projectId, name: projectId, noauthToken: `${userId}:${projectId}` };
  }
  const session = createSession(http, cloud);
  const grant = await session.grant(ctx.signal);
  if (grant.project === undefined) {
    throw new CloudMistake(`${cloud.origin} names no project, and a volume is always a project's; give project_name or project_id`);
  }
  const endpoint = cloud.volumeEndpoint ?? volumeEndpoint(grant.catalogue, cloud);
  const { id, name } = grant.project;
  return { session, endpoint: endpoint.includes(id) ? endpoint : `${endpoint}/${id}`, id, name, noauthToken: "" };
}

async function settleVersion(config: CinderConfig, endpoint: string, http: Http, { ctx }: Call<"setup">): Promise<Microversion> {
  const offered = await offeredVersions(http, endpoint, { timeoutMs: config.requestTimeoutMs, signal: ctx.signal });
  const wanted = config.maxMicroversion === undefined ? highestKnown : Math.min(highestKnown, minorOf(config.maxMicroversion));
  const settled = Math.min(offered.highest, wanted);
  if (settled >= lowestUsable && settled >= offered.lowest) return settled;
  const limit = settled === offered.highest ? "the cloud offers" : "maxMicroversion allows";
  const message = `${limit} Cinder's API up to 3.${settled}, and completing an attachment needs 3.${lowestUsable}`;
  throw ctx.fail("FAILED_PRECONDITION", "command-refused", message, { outcome: "none", recovery: "operator" });
}
