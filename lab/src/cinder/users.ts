import { LabError } from "../errors.js";
import { objectAt, objectsAt, stringAt } from "../json.js";
import { cinderUrl, keystoneUrl } from "./conf.js";
import { ask, signIn } from "./http.js";
import { type CinderPorts, REGION } from "./layout.js";
import { type CinderState } from "./state.js";

/** Ordinary users: who, in which project, with which role. */
export const USERS = [
  { name: "alice", project: "demo", role: "member" },
  { name: "rita", project: "demo", role: "reader" },
  { name: "bob", project: "other", role: "member" },
] as const;

/** Registers projects, users and where Cinder is; what is there already stays. */
export async function registerUsers(ports: CinderPorts, state: CinderState): Promise<void> {
  const keystone = keystoneUrl(ports.keystone);
  const { token } = await signIn(keystone, "admin", state.adminPassword, "admin");

  const find = async (plural: string, name: string): Promise<string | undefined> => {
    const { body } = await ask("GET", `${keystone}/${plural}?name=${name}`, { token });
    return stringAt(objectsAt(body, plural)[0], "id");
  };
  const ensure = async (kind: string, name: string, attributes: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const there = await find(`${kind}s`, name);
    if (there !== undefined) return there;
    const { body } = await ask("POST", `${keystone}/${kind}s`, { token, body: { [kind]: { name, ...attributes } } });
    const id = stringAt(objectAt(body, kind), "id");
    if (id === undefined) throw new LabError(`Keystone made the ${kind} ${name} and gave no id.`);
    return id;
  };
  const domain = { domain_id: "default" };
  const grant = async (project: string, user: string, role: string): Promise<void> => {
    await ask("PUT", `${keystone}/projects/${project}/users/${user}/roles/${await ensure("role", role)}`, { token });
  };

  const service = await ensure("project", "service", domain);
  const cinder = await ensure("user", "cinder", { ...domain, password: state.servicePassword, default_project_id: service });
  await grant(service, cinder, "admin");
  await grant(service, cinder, "service");
  for (const { name, project, role } of USERS) {
    const projectId = await ensure("project", project, domain);
    const user = await ensure("user", name, { ...domain, password: state.userPassword, default_project_id: projectId });
    await grant(projectId, user, role);
  }
  await registerEndpoints(keystone, token, `${cinderUrl(ports.cinder)}/%(project_id)s`);
}

async function registerEndpoints(keystone: string, token: string, url: string): Promise<void> {
  const { body: found } = await ask("GET", `${keystone}/services?type=volumev3`, { token });
  let id = stringAt(objectsAt(found, "services")[0], "id");
  if (id === undefined) {
    const { body } = await ask("POST", `${keystone}/services`, { token, body: { service: { type: "volumev3", name: "cinderv3" } } });
    id = stringAt(objectAt(body, "service"), "id");
  }
  const { body } = await ask("GET", `${keystone}/endpoints?service_id=${id ?? ""}`, { token });
  const there = objectsAt(body, "endpoints").map((endpoint) => stringAt(endpoint, "interface"));
  for (const kind of ["public", "internal", "admin"]) {
    if (there.includes(kind)) continue;
    await ask("POST", `${keystone}/endpoints`, { token, body: { endpoint: { interface: kind, service_id: id, region_id: REGION, url } } });
  }
}
