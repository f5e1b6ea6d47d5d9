import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";
import { labOptions } from "./lab.js";

const cloudsShape = v.object({ clouds: v.record(v.string(), v.object({ auth: v.record(v.string(), v.string()) })) });
const tokenShape = v.object({
  token: v.object({
    user: v.object({ id: v.string() }),
    project: v.object({ id: v.string() }),
    catalog: v.array(v.object({ type: v.string(), endpoints: v.array(v.object({ url: v.string() })) })),
  }),
});

/** A user of the cloud who knows nothing of this project: sees what OpenStack's own clients see. */
export interface Outsider {
  readonly authUrl: string;
  readonly token: string;
  readonly userId: string;
  readonly projectId: string;
  /** Asks Cinder, below the project's address. Fails unless the answer is a success. */
  cinder(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Has Keystone revoke a token. */
  revoke(token: string): Promise<void>;
  /** Asks Keystone, below `/v3`. */
  keystone(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** Signs in to one of the lab's clouds, such as `lab` or `lab-admin`. */
export async function outsider(cloud = "lab"): Promise<Outsider> {
  const file = labOptions().cloudsFile ?? "";
  const read = (path: string) => v.parse(cloudsShape, parse(readFileSync(path, "utf8"))).clouds[cloud]?.auth ?? {};
  const { auth_url: authUrl = "", username, project_name: project, password } = { ...read(file), ...read(join(dirname(file), "secure.yaml")) };
  const domain = { id: "default" };
  const auth = { identity: { methods: ["password"], password: { user: { name: username, domain, password } } }, scope: { project: { name: project, domain } } };
  const response = await fetch(`${authUrl}/auth/tokens`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ auth }) });
  const token = response.headers.get("x-subject-token") ?? "";
  const { user, project: place, catalog } = v.parse(tokenShape, await response.json()).token;
  const endpoint = catalog.find(({ type }) => type === "volumev3")?.endpoints[0]?.url ?? "";
  const ask = (base: string) => async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(base + path, {
      method,
      headers: { "Content-Type": "application/json", "X-Auth-Token": token, "OpenStack-API-Version": "volume 3.59" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const revoke = async (subject: string): Promise<void> => {
    const answer = await fetch(`${authUrl}/auth/tokens`, { method: "DELETE", headers: { "X-Auth-Token": token, "X-Subject-Token": subject } });
    if (!answer.ok) throw new Error(`the token was not revoked: ${answer.status}`);
  };
  return { revoke, authUrl, token, userId: user.id, projectId: place.id, cinder: ask(endpoint), keystone: ask(authUrl) };
}

const rowShape = v.object({ id: v.string(), name: v.nullable(v.string()), size: v.number(), status: v.string(), metadata: v.record(v.string(), v.string()) });
export type Row = v.InferOutput<typeof rowShape>;

/** Every volume of the project whose name begins so, as `openstack volume list --long` has it. */
export async function rowsOf(cloud: Outsider, prefix: string): Promise<readonly Row[]> {
  const rows = v.parse(v.object({ volumes: v.array(rowShape) }), await cloud.cinder("GET", "/volumes/detail?limit=1000")).volumes;
  return rows.filter(({ name }) => name?.startsWith(prefix) === true);
}

const usageShape = v.object({ quota_set: v.object({ volumes: v.object({ in_use: v.number(), reserved: v.number() }) }) });

/** What the project's quota of volumes counts: cinder-volume writes that down last of all that a create or a delete does. */
export async function usedVolumes(cloud: Outsider): Promise<{ readonly inUse: number; readonly reserved: number }> {
  const { in_use: inUse, reserved } = v.parse(usageShape, await cloud.cinder("GET", `/os-quota-sets/${cloud.projectId}?usage=True`)).quota_set.volumes;
  return { inUse, reserved };
}
